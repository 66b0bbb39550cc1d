using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Functions of the CUDA driver that Fusion uses, grouped as in the driver's documentation.</summary>
/// <remarks>The functions come from a table: that of the driver's library, which stays loaded until the process ends, or any
/// other. All members may be called from any thread; the CUDA Driver API reference says which functions need a current
/// context.</remarks>
public sealed unsafe class CudaDriver
{
    private readonly delegate* unmanaged<uint, CudaResult> init;
    private readonly delegate* unmanaged<int*, CudaResult> getVersion;

    private CudaDriver(IExportTable exports)
    {
        init = (delegate* unmanaged<uint, CudaResult>)exports.Get("cuInit");
        getVersion = (delegate* unmanaged<int*, CudaResult>)exports.Get("cuDriverGetVersion");
        Device = new DeviceFunctions(exports);
        Context = new ContextFunctions(exports);
        Memory = new MemoryFunctions(exports);
        Module = new ModuleFunctions(exports);
        Launch = new LaunchFunctions(exports);
        Stream = new StreamFunctions(exports);
        Event = new EventFunctions(exports);
        Capture = new CaptureFunctions(exports);
        Graph = new GraphFunctions(exports);
        HostMemory = new HostMemoryFunctions(exports);
        Occupancy = new OccupancyFunctions(exports);
        Peer = new PeerFunctions(exports);
        Address = new AddressFunctions(exports);
        Ipc = new IpcFunctions(exports);
        VirtualMemory = new VirtualMemoryFunctions(exports);
        TensorMap = new TensorMapFunctions(exports);
        Error = new ErrorFunctions(exports);
        TakesOnlyPtx = exports.TryGet("fusionTakesOnlyPtx", out var takesOnlyPtx) &&
            ((delegate* unmanaged<CudaResult>)takesOnlyPtx)() == CudaResult.Success;
    }

    /// <summary>Whether the driver loads PTX and no machine code, as an emulator does: its function
    /// <c>fusionTakesOnlyPtx</c>, which CUDA does not have, then succeeds.</summary>
    public bool TakesOnlyPtx { get; }

    /// <summary>Functions for devices and their properties.</summary>
    public DeviceFunctions Device { get; }

    /// <summary>Functions for contexts.</summary>
    public ContextFunctions Context { get; }

    /// <summary>Functions for device memory.</summary>
    public MemoryFunctions Memory { get; }

    /// <summary>Functions for modules and the kernels in them.</summary>
    public ModuleFunctions Module { get; }

    /// <summary>Functions that launch kernels.</summary>
    public LaunchFunctions Launch { get; }

    /// <summary>Functions for streams.</summary>
    public StreamFunctions Stream { get; }

    /// <summary>Functions for events.</summary>
    public EventFunctions Event { get; }

    /// <summary>Functions that record streams as CUDA graphs.</summary>
    public CaptureFunctions Capture { get; }

    /// <summary>Functions for CUDA graphs.</summary>
    public GraphFunctions Graph { get; }

    /// <summary>Functions for host memory that is mapped into GPUs.</summary>
    public HostMemoryFunctions HostMemory { get; }

    /// <summary>Functions for the occupancy of kernels.</summary>
    public OccupancyFunctions Occupancy { get; }

    /// <summary>Functions for peer access between GPUs.</summary>
    public PeerFunctions Peer { get; }

    /// <summary>Functions that say what an address is.</summary>
    public AddressFunctions Address { get; }

    /// <summary>Functions that share memory with other processes by handles.</summary>
    public IpcFunctions Ipc { get; }

    /// <summary>Functions for memory that is mapped explicitly, and shared by file descriptors.</summary>
    public VirtualMemoryFunctions VirtualMemory { get; }

    /// <summary>Functions that describe tensors to kernels.</summary>
    public TensorMapFunctions TensorMap { get; }

    /// <summary>Functions for names and descriptions of results.</summary>
    public ErrorFunctions Error { get; }

    /// <summary>Makes a driver whose functions come from a table, which need not be a library's.</summary>
    /// <param name="exports">Table of the functions by the names that the driver's library exports, such as
    /// <c>cuMemAlloc_v2</c>.</param>
    /// <exception cref="EntryPointNotFoundException">A function that every driver has is missing.</exception>
    public static CudaDriver Of(IExportTable exports) => new(exports);

    /// <summary>Loads the driver's library by the first of <see cref="LibraryNames.Driver"/> that can be loaded.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="failure">Reasons if no library was found: a line for each name, with the loader's message.</param>
    /// <returns>Whether a library with all the functions was found.</returns>
    public static bool TryLoad([NotNullWhen(true)] out CudaDriver? driver, [NotNullWhen(false)] out string? failure)
    {
        var reasons = new List<string>();
        foreach (var name in LibraryNames.Driver)
        {
            try
            {
                driver = new CudaDriver(new LibraryExports(NativeLibrary.Load(name)));
                failure = null;
                return true;
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                var reason = FirstLine(e.Message);
                reasons.Add(reason.StartsWith(name, StringComparison.Ordinal) ? reason : $"{name}: {reason}");
            }
            catch (EntryPointNotFoundException e)
            {
                reasons.Add($"{name}: it was found, but is too old: {FirstLine(e.Message)}");
            }
        }

        driver = null;
        failure = string.Join(Environment.NewLine, reasons);
        return false;
    }

    /// <summary>Calls <c>cuInit</c>, which must come before any other function except <see cref="GetVersion"/>.</summary>
    public CudaResult Initialize() => init(0);

    /// <summary>Calls <c>cuDriverGetVersion</c> for the newest CUDA version that the driver supports.</summary>
    /// <param name="version">Version as 1000 × major + 10 × minor: 13000 for 13.0.</param>
    public CudaResult GetVersion(out int version)
    {
        fixed (int* p = &version) return getVersion(p);
    }

    // The rest of the loader's message is advice about DllImport, which does not help here.
    private static string FirstLine(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => line.Contains("cannot open", StringComparison.OrdinalIgnoreCase))
            ?? lines.FirstOrDefault() ?? message;
    }
}
