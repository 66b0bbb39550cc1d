namespace Fusion.Runtime;

/// <summary>Shape of a launch: grid, block, cluster, shared memory, and how it starts.</summary>
public readonly record struct LaunchShape
{
    /// <summary>Makes a shape of a grid and a block.</summary>
    /// <param name="grid">Number of blocks.</param>
    /// <param name="block">Number of threads in a block, 1024 at most.</param>
    public LaunchShape(Dim3 grid, Dim3 block) => (Grid, Block) = (grid, block);

    /// <summary>Number of blocks.</summary>
    public Dim3 Grid { get; init; }

    /// <summary>Number of threads in a block, 1024 at most.</summary>
    public Dim3 Block { get; init; }

    /// <summary>Number of blocks in a cluster, which can access each other's shared memory; each dimension divides the
    /// grid's. Null for no clusters, or the size that the kernel itself declares. Needs compute capability 9.0.</summary>
    public Dim3? Cluster { get; init; }

    /// <summary>Dynamic shared memory of a block in bytes, beyond what the kernel declares.</summary>
    public int SharedBytes { get; init; }

    /// <summary>Whether all blocks must be resident at the same time, so that they may wait for each other: a barrier of the whole
    /// grid, such as <c>cooperative_groups::this_grid().sync()</c>, needs it. The grid is then at most
    /// <see cref="Kernel.BlocksAtATime"/>, and the launch waits in the stream until the GPU has room for all of it.</summary>
    public bool Cooperative { get; init; }

    /// <summary>Whether the kernel may start while the previous kernel in the stream still runs (PDL, programmatic dependent
    /// launch). The kernel must then execute <c>griddepcontrol.wait</c> before it reads what that one writes. Ignored before
    /// compute capability 9.0, and for code that was compiled for older GPUs, which has no such wait.</summary>
    public bool ProgrammaticLaunch { get; init; }
}
