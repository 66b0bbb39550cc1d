using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Interop.Driver;

namespace Launches;

/// <summary>A launch as the runtime gave it to the driver, to be given to it again without the runtime.</summary>
internal sealed unsafe class RecordedLaunch
{
    private const int MaxArgumentBytes = 4096;

    private readonly LaunchConfig* config;
    private readonly nint function;
    private readonly void** arguments;

    private RecordedLaunch(LaunchConfig* config, nint function, void** arguments)
    {
        this.config = config;
        this.function = function;
        this.arguments = arguments;
    }

    /// <summary>Sizes of the arguments of the launches that are recorded.</summary>
    public static int[] Sizes { get; set; } = [];

    /// <summary>Launches of this thread that were recorded.</summary>
    public static List<RecordedLaunch> All { get; } = [];

    private static readonly delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult> Driver
        =
        (delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult>)NativeLibrary.GetExport(
            NativeLibrary.Load(LibraryNames.Driver[0]), "cuLaunchKernelEx");

    /// <summary>Launches again.</summary>
    public void Launch()
    {
        var result = Driver(config, function, arguments, null);
        if (result != CudaResult.Success) throw new InvalidOperationException($"The driver returned {result}.");
    }

    [UnmanagedCallersOnly]
    public static CudaResult Record(LaunchConfig* config, nint function, void** arguments, void** extra)
    {
        var copy = (LaunchConfig*)NativeMemory.Alloc((nuint)sizeof(LaunchConfig));
        *copy = *config;
        copy->Options = (LaunchOption*)NativeMemory.Alloc((nuint)(sizeof(LaunchOption) * Math.Max(1, (int)config->OptionCount)));
        for (var i = 0; i < config->OptionCount; i++) copy->Options[i] = config->Options[i];
        var values = (void**)NativeMemory.Alloc((nuint)(sizeof(void*) * Sizes.Length));
        for (var i = 0; i < Sizes.Length; i++)
        {
            values[i] = NativeMemory.AlignedAlloc(MaxArgumentBytes, 16);
            NativeMemory.Copy(arguments[i], values[i], (nuint)Sizes[i]);
        }

        All.Add(new(copy, function, values));
        return Driver(config, function, arguments, extra);
    }
}

/// <summary>The driver's functions, with a function in place of its launch.</summary>
/// <param name="launch">Address of the function; 0 for the driver's own.</param>
internal sealed class Exports(nint launch) : IExportTable
{
    private readonly LibraryExports driver = new(NativeLibrary.Load(LibraryNames.Driver[0]));

    public bool TryGet(string name, out nint address)
    {
        if (name != "cuLaunchKernelEx" || launch == 0) return driver.TryGet(name, out address);
        address = launch;
        return true;
    }
}
