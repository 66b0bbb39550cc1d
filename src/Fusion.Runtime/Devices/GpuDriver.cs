using Fusion.Interop;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>The CUDA driver of this machine. All members may be called from any thread; the driver is loaded at the first
/// use and stays until the process ends.</summary>
public static class GpuDriver
{
    private static Lazy<State> loaded = new(State.Load);

    private static Lazy<State> Loaded => Volatile.Read(ref loaded);

    /// <summary>Whether there is a driver. It may still see no GPU (<see cref="GpuDevice.Count"/>).</summary>
    public static bool IsAvailable => Loaded.Value.Driver is not null;

    /// <summary>The newest CUDA version that the driver knows, such as 13.0.</summary>
    /// <exception cref="NoDriverException">There is no driver.</exception>
    public static Version Version
    {
        get
        {
            _ = Library;
            return Loaded.Value.Version;
        }
    }

    /// <summary>The newest PTX that the driver is known to take, such as 9.0. A driver newer than this library may take
    /// more.</summary>
    /// <exception cref="NoDriverException">There is no driver.</exception>
    public static Version MaxPtxVersion => PtxVersions.ForDriver(Version);

    /// <summary>The driver's functions, whether it sees a GPU or not.</summary>
    internal static CudaDriver Library => Loaded.Value.Driver ?? throw new NoDriverException(Loaded.Value.Failure);

    /// <summary>What <c>cuInit</c> said.</summary>
    internal static CudaResult Initialized => Loaded.Value.Initialized;

    /// <summary>Takes the driver's functions from a table in the place of libcuda. What was opened before keeps its driver's
    /// handles, which the new one does not know: call it before the first GPU is touched.</summary>
    /// <param name="exports">The functions; null for libcuda.</param>
    internal static void Use(IExportTable? exports) =>
        Volatile.Write(ref loaded, new(() => exports is null ? State.Load() : State.Of(CudaDriver.Of(exports))));

    /// <summary>Throws unless a call of the driver worked.</summary>
    /// <param name="result">What it returned.</param>
    /// <param name="call">The function's name.</param>
    internal static void Check(CudaResult result, string call)
    {
        if (result != CudaResult.Success) throw GpuException.Of(result, call);
    }

    private sealed record State(CudaDriver? Driver, Version Version, CudaResult Initialized, string Failure)
    {
        public static State Load()
        {
            if (!CudaDriver.TryLoad(out var driver, out var failure)) return new(null, new(0, 0), default, failure);
            NativeEnvironment.Prepare();
            return Of(driver);
        }

        public static State Of(CudaDriver driver)
        {
            var none = new Version(0, 0);
            var initialized = driver.Initialize();
            if (initialized == CudaResult.StubLibrary)
            {
                return new(null, none, initialized, "the library found is the CUDA toolkit's stub for linkers, not a driver");
            }

            var known = driver.GetVersion(out var number) == CudaResult.Success;
            return new(driver, known ? new Version(number / 1000, number % 1000 / 10) : none, initialized, "");
        }
    }
}
