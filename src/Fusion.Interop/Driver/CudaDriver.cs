using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>The CUDA driver's functions that Fusion uses, grouped as the driver's documentation groups them.</summary>
/// <remarks>The functions come from a table: that of the driver's library, which stays loaded until the process ends, or any
/// other. All members may be called from any thread; which
/// functions need a current context says the CUDA Driver API reference.</remarks>
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
        Error = new ErrorFunctions(exports);
    }

    /// <summary>Devices and what they can do.</summary>
    public DeviceFunctions Device { get; }

    /// <summary>Contexts.</summary>
    public ContextFunctions Context { get; }

    /// <summary>Device memory.</summary>
    public MemoryFunctions Memory { get; }

    /// <summary>Modules and the functions in them.</summary>
    public ModuleFunctions Module { get; }

    /// <summary>Launching kernels.</summary>
    public LaunchFunctions Launch { get; }

    /// <summary>Streams.</summary>
    public StreamFunctions Stream { get; }

    /// <summary>Events.</summary>
    public EventFunctions Event { get; }

    /// <summary>Recording streams as graphs.</summary>
    public CaptureFunctions Capture { get; }

    /// <summary>Graphs.</summary>
    public GraphFunctions Graph { get; }

    /// <summary>Host memory that GPUs see.</summary>
    public HostMemoryFunctions HostMemory { get; }

    /// <summary>How many blocks run at a time.</summary>
    public OccupancyFunctions Occupancy { get; }

    /// <summary>GPUs that use each other's memory.</summary>
    public PeerFunctions Peer { get; }

    /// <summary>What an address is.</summary>
    public AddressFunctions Address { get; }

    /// <summary>What results are called and mean.</summary>
    public ErrorFunctions Error { get; }

    /// <summary>A driver whose functions come from a table, which need not be a library's.</summary>
    /// <param name="exports">The functions, by the names that the driver's library exports: <c>cuMemAlloc_v2</c>.</param>
    /// <exception cref="EntryPointNotFoundException">A function is missing that every driver has.</exception>
    public static CudaDriver Of(IExportTable exports) => new(exports);

    /// <summary>Loads the driver's library by the first of <see cref="LibraryNames.Driver"/> that works.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="failure">Why there is none: a line for each name, with the loader's reason.</param>
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

    /// <summary><c>cuInit</c>: before any other function, except for the version.</summary>
    public CudaResult Initialize() => init(0);

    /// <summary><c>cuDriverGetVersion</c>: the newest CUDA that the driver knows, 13000 for 13.0.</summary>
    /// <param name="version">1000 × major + 10 × minor.</param>
    public CudaResult GetVersion(out int version)
    {
        fixed (int* p = &version) return getVersion(p);
    }

    // The loader's message goes on with advice about DllImport, which is not for our readers.
    private static string FirstLine(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => line.Contains("cannot open", StringComparison.OrdinalIgnoreCase))
            ?? lines.FirstOrDefault() ?? message;
    }
}
