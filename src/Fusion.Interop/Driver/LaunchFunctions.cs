namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver that launch kernels.</summary>
public sealed unsafe class LaunchFunctions
{
    private readonly delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult> launch;

    internal LaunchFunctions(IExportTable exports) =>
        launch = (delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult>)
            exports.Get("cuLaunchKernelEx");

    /// <summary>Calls <c>cuLaunchKernelEx</c>, which copies the arguments, enqueues the kernel in the stream and
    /// returns.</summary>
    /// <param name="config">Grid, block, shared memory, stream and attributes.</param>
    /// <param name="function">Handle of the kernel.</param>
    /// <param name="arguments">Addresses of the arguments.</param>
    public CudaResult Launch(LaunchConfig* config, nint function, void** arguments) =>
        launch(config, function, arguments, null);
}
