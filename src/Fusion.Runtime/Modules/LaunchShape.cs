namespace Fusion.Runtime;

/// <summary>How many threads run a kernel, and what they share.</summary>
/// <param name="Grid">Number of blocks.</param>
/// <param name="Block">Threads of a block, 1024 at most.</param>
public readonly record struct LaunchShape(Dim3 Grid, Dim3 Block)
{
    /// <summary>Blocks of a cluster, which share their shared memory; each dimension divides the grid's. Null: no clusters,
    /// or the size that the kernel itself declares. Needs compute capability 9.0.</summary>
    public Dim3? Cluster { get; init; }

    /// <summary>Dynamic shared memory of a block in bytes, beyond what the kernel declares.</summary>
    public int SharedBytes { get; init; }

    /// <summary>Programmatic dependent launch: whether the kernel may start while the kernel ahead of it in the stream
    /// still runs; it must then wait itself (<c>griddepcontrol.wait</c>) before it reads what that one writes. Has no
    /// effect on GPUs before compute capability 9.0.</summary>
    public bool ProgrammaticLaunch { get; init; }
}
