namespace Fusion.Interop.Driver;

/// <summary>Launching kernels.</summary>
public sealed unsafe class LaunchFunctions
{
    private readonly delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult> launch;

    internal LaunchFunctions(IExportTable exports) =>
        launch = (delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult>)
            exports.Get("cuLaunchKernelEx");

    /// <summary><c>cuLaunchKernelEx</c>: copies the arguments, puts the kernel into the stream and returns.</summary>
    /// <param name="config">Grid, block, shared memory, stream and attributes.</param>
    /// <param name="function">The function.</param>
    /// <param name="arguments">The address of each argument.</param>
    public CudaResult Launch(LaunchConfig* config, nint function, void** arguments) =>
        launch(config, function, arguments, null);
}
