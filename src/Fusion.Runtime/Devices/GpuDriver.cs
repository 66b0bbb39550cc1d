using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>The CUDA driver of this machine. All members may be called from any thread; the driver is loaded at the first
/// use and stays until the process ends.</summary>
public static class GpuDriver
{
    private static readonly Lazy<State> Loaded = new(State.Load);

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
            var none = new Version(0, 0);
            if (!CudaDriver.TryLoad(out var driver, out var failure)) return new(null, none, default, failure);
            NativeEnvironment.Prepare();
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
