using System.Numerics;

namespace Fusion.Runtime;

/// <summary>Finds kernels and the shapes in which a rank may launch them on a GPU.</summary>
/// <param name="device">The GPU.</param>
/// <param name="sharedBytes">Largest dynamic shared memory of a block, in bytes.</param>
/// <param name="ranksOnGpu">Number of ranks that share the GPU.</param>
internal sealed class LaunchableKernels(GpuDevice device, int sharedBytes, int ranksOnGpu)
{
    /// <summary>Gets a kernel and computes the most blocks that it may have.</summary>
    /// <param name="library">Library that holds the kernel.</param>
    /// <param name="name">Name of the kernel.</param>
    /// <param name="shape">Number of threads, and the vectors that each holds.</param>
    /// <returns>The kernel. A row longer than a block needs code with clusters; without it <see cref="LaunchableKernel.CanRun"/>
    /// is false.</returns>
    /// <exception cref="RankGroupException">The ranks' blocks do not fit on the GPU.</exception>
    public LaunchableKernel Find(KernelLibrary library, string name, KernelChoice shape)
    {
        var kernel = library.GetKernel(name);
        var isForHopper = kernel.IsForHopper;
        var fewest = shape.FewestBlocks;
        var onMultiprocessor = kernel.BlocksPerMultiprocessor(shape.ThreadsOf(fewest), sharedBytes);
        var blocks = onMultiprocessor * device.MultiprocessorCount;
        var cap = fewest == 1 ? CoResidency.Cap(blocks, ranksOnGpu) : 0;
        return fewest == 1 && cap < 1
            ? throw GroupErrors.CoResidency(device.ToString(), name, ranksOnGpu, blocks)
            : new(kernel, shape, isForHopper, onMultiprocessor, [cap, ClusterCap(2), ClusterCap(4), ClusterCap(8)]);

        int ClusterCap(int size)
        {
            if (shape.VectorsPerThread > 1 || !isForHopper || size < fewest) return 0;
            var cluster = new LaunchShape(new Dim3(size), shape.ThreadsOf(size)) { Cluster = size };
            return CoResidency.Cap(kernel.ClustersAtATime(cluster), ranksOnGpu);
        }
    }
}

/// <summary>A kernel with the shapes in which it may be launched.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Shape">Number of threads, and the vectors that each holds.</param>
/// <param name="Overlaps">Whether the kernel may start before the rank's previous kernel has ended (PDL, programmatic
/// dependent launch).</param>
/// <param name="OnMultiprocessor">Occupancy, in blocks on a multiprocessor.</param>
/// <param name="Caps">The most tokens at a time where 1, 2, 4 or 8 blocks share a token.</param>
internal readonly record struct LaunchableKernel(Kernel Kernel, KernelChoice Shape, bool Overlaps, int OnMultiprocessor, int[] Caps)
{
    /// <summary>Whether the GPU has room for the kernel in its shape.</summary>
    public bool CanRun => Cap(Shape.FewestBlocks) > 0;

    /// <summary>Gets the most tokens at a time.</summary>
    /// <param name="blocks">Number of blocks that share a token: 1, 2, 4 or 8.</param>
    public int Cap(int blocks) => Caps[BitOperations.Log2((uint)blocks)];
}
