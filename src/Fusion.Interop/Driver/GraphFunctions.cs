namespace Fusion.Interop.Driver;

/// <summary>Graphs: work that was recorded once and is launched as a whole.</summary>
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

    /// <summary><c>cuGraphInstantiateWithFlags</c>, without flags.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="executable">What can be launched; it does not need the graph any more.</param>
    public CudaResult Instantiate(nint graph, out nint executable)
    {
        fixed (nint* p = &executable) return instantiate(p, graph, 0);
    }

    /// <summary><c>cuGraphLaunch</c>: waits for an earlier launch of the same executable to end on the GPU.</summary>
    /// <param name="executable">What <see cref="Instantiate"/> gave.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult Launch(nint executable, nint stream) => launch(executable, stream);

    /// <summary><c>cuGraphExecDestroy</c>: a launch that runs still ends.</summary>
    /// <param name="executable">What <see cref="Instantiate"/> gave.</param>
    public CudaResult DestroyExecutable(nint executable) => destroyExecutable(executable);

    /// <summary><c>cuGraphDestroy</c>.</summary>
    /// <param name="graph">The graph.</param>
    public CudaResult Destroy(nint graph) => destroy(graph);
}
