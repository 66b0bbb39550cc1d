using System.Numerics;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Finds out how a rank may launch its kernels on a GPU.</summary>
/// <param name="device">The GPU.</param>
/// <param name="sharedBytes">The most dynamic shared memory of a block.</param>
/// <param name="ranksOnGpu">Ranks that share the GPU.</param>
internal sealed class LaunchableKernels(GpuDevice device, int sharedBytes, int ranksOnGpu)
{
    private static readonly ComputeCapability FirstWithClusters = new(9, 0);

    /// <summary>A kernel with the most blocks that it may have.</summary>
    /// <param name="library">Where it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its threads.</param>
    /// <exception cref="CoResidencyException">The ranks' blocks do not fit on the GPU.</exception>
    public LaunchableKernel Find(KernelLibrary library, string name, KernelChoice shape)
    {
        // Of code for older GPUs, as the PTX of compute_80 on any newer one, no kernel waits for the one before it, nor do blocks
        // know of a cluster.
        var isForHopper = library.Modules.All(module => module.Image is { } image &&
            GpuArchitecture.Parse(image.Architecture).Capability >= FirstWithClusters);
        var kernel = library.GetKernel(name);
        var onMultiprocessor = kernel.BlocksPerMultiprocessor(shape.Threads, sharedBytes);
        var blocks = onMultiprocessor * device.MultiprocessorCount;
        var cap = CoResidency.Cap(blocks, ranksOnGpu);
        return cap < 1
            ? throw new CoResidencyException(device.ToString(), name, ranksOnGpu, blocks)
            : new(kernel, shape, isForHopper, onMultiprocessor, [cap, ClusterCap(2), ClusterCap(4), ClusterCap(8)]);

        int ClusterCap(int size)
        {
            if (shape.VectorsPerThread > 1 || !isForHopper) return 0;
            var cluster = new LaunchShape(new Dim3(size), shape.ThreadsOf(size)) { Cluster = size };
            return CoResidency.Cap(kernel.ClustersAtATime(cluster), ranksOnGpu);
        }
    }
}

/// <summary>A kernel with the shapes in which it may be launched.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Shape">Threads, and what they hold.</param>
/// <param name="Overlaps">Whether it may come before the rank's last kernel has left (programmatic dependent launch).</param>
/// <param name="OnMultiprocessor">How many of its blocks fit on a multiprocessor.</param>
/// <param name="Caps">The most tokens at a time, where a token has 1, 2, 4 or 8 blocks.</param>
internal readonly record struct LaunchableKernel(Kernel Kernel, KernelChoice Shape, bool Overlaps, int OnMultiprocessor, int[] Caps)
{
    /// <summary>The most tokens at a time.</summary>
    /// <param name="blocks">Blocks of a token: 1, 2, 4 or 8.</param>
    public int Cap(int blocks) => Caps[BitOperations.Log2((uint)blocks)];
}
