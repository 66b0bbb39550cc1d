using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Checks a launch before the driver does, whose own error is just "invalid argument". Allocates only to
/// throw.</summary>
internal static class LaunchCheck
{
    private const int MaxGridYZ = 65535;
    private const int MaxBlockXY = 1024;
    private const int MaxBlockZ = 64;
    private const int MaxClusterSize = 16;

    /// <exception cref="FusionArgumentException">The shape is impossible on this GPU.</exception>
    /// <exception cref="FusionArgumentException">The arguments do not fit the parameters.</exception>
    public static void Check(
        KernelEntry kernel, LaunchLimits limits, in LaunchShape shape, ReadOnlySpan<KernelArgument> arguments)
    {
        CheckGrid(kernel, shape.Grid);
        CheckBlock(kernel, limits, shape.Block);
        CheckShared(kernel, limits, shape.SharedBytes);
        if (shape.Cluster is { } cluster) CheckCluster(kernel, limits, shape.Grid, cluster);
        CheckArguments(kernel, arguments);
    }

    /// <summary>Checks the grid of a cooperative launch, whose blocks must all be resident.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="grid">Number of blocks.</param>
    /// <param name="resident">Number of blocks that the GPU runs at a time.</param>
    /// <exception cref="FusionArgumentException">The grid is larger.</exception>
    public static void CheckCooperative(KernelEntry kernel, Dim3 grid, int resident)
    {
        if (grid.Count <= resident) return;
        throw KernelErrors.Shape(
            kernel.Name,
            $"the grid of a cooperative launch is {grid} = {grid.Count} blocks, but this GPU runs at most {resident} of them at a time " +
            "(Kernel.BlocksAtATime)");
    }

    private static void CheckGrid(KernelEntry kernel, Dim3 grid)
    {
        if (grid is { X: > 0, Y: > 0 and <= MaxGridYZ, Z: > 0 and <= MaxGridYZ }) return;
        throw KernelErrors.Shape(
            kernel.Name, $"the grid is {grid} blocks, but must be at least 1 and at most {int.MaxValue} × {MaxGridYZ} × {MaxGridYZ}");
    }

    private static void CheckBlock(KernelEntry kernel, LaunchLimits limits, Dim3 block)
    {
        if (block is not { X: > 0 and <= MaxBlockXY, Y: > 0 and <= MaxBlockXY, Z: > 0 and <= MaxBlockZ })
        {
            throw KernelErrors.Shape(
                kernel.Name, $"the block is {block} threads, but must be at least 1 and at most {MaxBlockXY} × {MaxBlockXY} × {MaxBlockZ}");
        }

        if (kernel.MaxThreads is { } declared && block.Count > declared)
        {
            throw KernelErrors.Shape(
                kernel.Name, $"the block is {block} = {block.Count} threads, but its __launch_bounds__ allows {declared}");
        }

        if (block.Count > limits.MaxThreads)
        {
            throw KernelErrors.Shape(
                kernel.Name,
                $"the block is {block} = {block.Count} threads, but this GPU runs at most {limits.MaxThreads} of this kernel " +
                "(registers count too: FusionMaxRegisters or __launch_bounds__ lowers them)");
        }
    }

    private static void CheckShared(KernelEntry kernel, LaunchLimits limits, int bytes)
    {
        if (bytes >= 0 && bytes <= limits.MaxDynamicSharedBytes) return;
        throw KernelErrors.Shape(
            kernel.Name,
            $"it was given {bytes} bytes of dynamic shared memory, but this GPU allows 0 to {limits.MaxDynamicSharedBytes} " +
            $"({limits.MaxSharedBytes} a block, of which the kernel declares {limits.StaticSharedBytes})");
    }

    private static void CheckCluster(KernelEntry kernel, LaunchLimits limits, Dim3 grid, Dim3 cluster)
    {
        if (!limits.IsHopperOrLater)
        {
            throw KernelErrors.Shape(
                kernel.Name, $"clusters need compute capability 9.0, but this GPU has {limits.Capability}; leave Cluster null");
        }

        if (cluster is not { X: > 0, Y: > 0, Z: > 0 } || cluster.Count > MaxClusterSize)
        {
            throw KernelErrors.Shape(
                kernel.Name, $"the cluster is {cluster} blocks, but must be 1 to {MaxClusterSize} together");
        }

        if (grid.X % cluster.X != 0 || grid.Y % cluster.Y != 0 || grid.Z % cluster.Z != 0)
        {
            throw KernelErrors.Shape(
                kernel.Name, $"the cluster of {cluster} blocks does not divide the grid of {grid} in every dimension");
        }
    }

    private static void CheckArguments(KernelEntry kernel, ReadOnlySpan<KernelArgument> arguments)
    {
        var parameters = kernel.Parameters;
        if (parameters.Count != arguments.Length) throw KernelErrors.ArgumentCount(kernel, arguments.Length);
        for (var i = 0; i < arguments.Length; i++)
        {
            if (parameters[i].Size != arguments[i].Size)
                throw KernelErrors.ArgumentSize(kernel, i, arguments[i].Describe());
        }
    }
}
