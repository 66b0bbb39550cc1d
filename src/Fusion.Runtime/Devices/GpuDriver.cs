using System.Diagnostics;
using Fusion.Interop;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>The CUDA driver of this machine, which is loaded at the first use and stays until the process ends. Members may
/// be called from any thread.</summary>
public static class GpuDriver
{
    private static Lazy<State> loaded = new(State.Load);

    private static Lazy<State> Loaded => Volatile.Read(ref loaded);

    /// <summary>Whether the machine has a driver, which may still see no GPU (<see cref="GpuDevice.Count"/>).</summary>
    public static bool IsAvailable => Loaded.Value.Driver is not null;

    /// <summary>Whether the driver's functions are not those of libcuda but an emulator's: its GPUs give a GPU's results without its
    /// speed, and other libraries of CUDA do not know them.</summary>
    public static bool IsEmulated => Loaded.Value is { Driver: not null, IsEmulated: true };

    /// <summary>Newest CUDA version that the driver supports, such as 13.0.</summary>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    public static Version Version
    {
        get
        {
            _ = Library;
            return Loaded.Value.Version;
        }
    }

    /// <summary>Newest PTX version that the driver is known to accept, such as 9.0. A driver newer than this library may
    /// accept more.</summary>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    public static Version MaxPtxVersion => PtxVersions.ForDriver(Version);

    /// <summary>Functions of the driver, which are there whether it sees a GPU or not.</summary>
    internal static CudaDriver Library => Loaded.Value.Driver ?? throw DeviceErrors.NoDriver(Loaded.Value.Failure);

    /// <summary>Functions of the driver; null without one, as where an emulator has been left whose things are freed now.</summary>
    internal static CudaDriver? LibraryIfAny => Loaded.Value.Driver;

    /// <summary>Where the driver's functions come from, in words: the file of libcuda, or the emulator and why it is in use. Empty without a
    /// driver.</summary>
    internal static string Origin => Loaded.Value.Origin;

    /// <summary>Reason if there is no driver; otherwise empty.</summary>
    internal static string Failure => Loaded.Value.Failure;

    /// <summary>The only kind of image that the driver takes; null if it takes both.</summary>
    internal static Manifest.ImageKind? OnlyKind => Loaded.Value.Driver is { TakesOnlyPtx: true } ? Manifest.ImageKind.Ptx : null;

    /// <summary>Result of <c>cuInit</c>.</summary>
    internal static CudaResult Initialized => Loaded.Value.Initialized;

    /// <summary>Takes the driver's functions from a table instead of libcuda. Call it before the first use of a GPU: handles
    /// made before are unknown to the new driver.</summary>
    /// <param name="exports">Table of functions; null for libcuda.</param>
    internal static void Use(IExportTable? exports) =>
        Volatile.Write(ref loaded, new(() => exports is null ? State.Load() : State.Of(CudaDriver.Of(exports), EmulatedDriver.Describe(exports, "the program asks for it"), isEmulated: true)));

    /// <summary>Throws unless a call of the driver succeeded.</summary>
    /// <param name="result">Result of the call.</param>
    /// <param name="call">Name of the function.</param>
    internal static void Check(CudaResult result, string call)
    {
        if (result != CudaResult.Success) throw GpuException.Of(result, call);
    }

    private sealed record State(CudaDriver? Driver, Version Version, CudaResult Initialized, string Failure, string Origin = "", bool IsEmulated = false)
    {
        public static State Load()
        {
            if (EmulatedDriver.IsWanted)
            {
                return EmulatedDriver.TryFind(out var exports, out var missing)
                    ? Of(CudaDriver.Of(exports), EmulatedDriver.Describe(exports, EmulatedDriver.Reason), isEmulated: true) : new(null, new(0, 0), default, missing);
            }

            if (!CudaDriver.TryLoad(out var driver, out var failure)) return new(null, new(0, 0), default, failure);
            NativeEnvironment.BeforeTheDriverStarts();
            return Of(driver, LibraryFile());
        }

        public static State Of(CudaDriver driver, string origin, bool isEmulated = false)
        {
            var none = new Version(0, 0);
            var initialized = driver.Initialize();
            if (initialized == CudaResult.StubLibrary)
            {
                return new(null, none, initialized, "the library found is the CUDA toolkit's stub for linkers, not a driver");
            }

            var known = driver.GetVersion(out var number) == CudaResult.Success;
            return new(driver, known ? new Version(number / 1000, number % 1000 / 10) : none, initialized, "", origin, isEmulated);
        }

        // The loader searches by name; which file it took is known to the process.
        private static string LibraryFile()
        {
            using var process = Process.GetCurrentProcess();
            var file = process.Modules.Cast<ProcessModule>().FirstOrDefault(
                module => module.ModuleName.StartsWith(LibraryNames.Driver[^1], StringComparison.OrdinalIgnoreCase));
            return file?.FileName ?? LibraryNames.Driver[0];
        }
    }
}
