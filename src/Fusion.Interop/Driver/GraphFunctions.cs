namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for CUDA graphs: work that is recorded once and launched as a whole.</summary>
public sealed unsafe class GraphFunctions
{
    private readonly delegate* unmanaged<nint*, nint, ulong, CudaResult> instantiate;
    private readonly delegate* unmanaged<nint, nint, CudaResult> launch;
    private readonly delegate* unmanaged<nint, CudaResult> destroyExecutable;
    private readonly delegate* unmanaged<nint, CudaResult> destroy;

    internal GraphFunctions(IExportTable exports)
    {
        instantiate = (delegate* unmanaged<nint*, nint, ulong, CudaResult>)
            exports.Get("cuGraphInstantiateWithFlags");
        launch = (delegate* unmanaged<nint, nint, CudaResult>)exports.Get("cuGraphLaunch");
        destroyExecutable = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuGraphExecDestroy");
        destroy = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuGraphDestroy");
    }

    /// <summary>Calls <c>cuGraphInstantiateWithFlags</c> without flags.</summary>
    /// <param name="graph">The CUDA graph.</param>
    /// <param name="executable">Executable graph, which does not need the CUDA graph any more.</param>
    public CudaResult Instantiate(nint graph, out nint executable)
    {
        fixed (nint* p = &executable) return instantiate(p, graph, 0);
    }

    /// <summary>Calls <c>cuGraphLaunch</c>. On the GPU, the launch waits for an earlier one of the same executable
    /// graph.</summary>
    /// <param name="executable">Executable graph from <see cref="Instantiate"/>.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult Launch(nint executable, nint stream) => launch(executable, stream);

    /// <summary>Calls <c>cuGraphExecDestroy</c>. A launch that runs still ends.</summary>
    /// <param name="executable">Executable graph from <see cref="Instantiate"/>.</param>
    public CudaResult DestroyExecutable(nint executable) => destroyExecutable(executable);

    /// <summary>Calls <c>cuGraphDestroy</c>.</summary>
    /// <param name="graph">The CUDA graph.</param>
    public CudaResult Destroy(nint graph) => destroy(graph);
}
