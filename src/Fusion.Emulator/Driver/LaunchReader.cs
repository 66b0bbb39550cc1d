using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <summary>A launch as a program asks for it.</summary>
internal sealed unsafe record LaunchReader(
    (int X, int Y, int Z) Grid, (int X, int Y, int Z) Block, (int X, int Y, int Z) Cluster, int SharedBytes, bool IsCooperative, bool MayOverlap)
{
    private const int CooperativeAttribute = 2;
    private const int ClusterAttribute = 4;
    private const int OverlapAttribute = 6;
    private const int PortableClusterBlocks = 8;
    private const int MaxClusterBlocks = 16;
    private const CudaResult CooperativeLaunchTooLarge = (CudaResult)720;
    private const CudaResult InvalidClusterSize = (CudaResult)912;

    public int Threads => Block.X * Block.Y * Block.Z;

    public static LaunchReader Read(LaunchConfig* config, LoadedFunction function)
    {
        var required = function.Code.Flat.Kernel.RequiredCluster;
        var cluster = required is null ? (1, 1, 1) : (required[0], required[1], required[2]);
        var (cooperative, overlap) = (false, false);
        for (var i = 0; i < config->OptionCount; i++)
        {
            // The number of the attribute, and behind it the value.
            var words = (int*)&config->Options[i];
            if (words[0] == CooperativeAttribute) cooperative = words[2] != 0;
            if (words[0] == ClusterAttribute) cluster = (words[2], words[3], words[4]);
            if (words[0] == OverlapAttribute) overlap = words[2] != 0;
        }

        return new(
            ((int)config->GridX, (int)config->GridY, (int)config->GridZ), ((int)config->BlockX, (int)config->BlockY, (int)config->BlockZ), cluster,
            (int)config->SharedBytes, cooperative, overlap);
    }

    public CudaResult Check(LoadedFunction function, EmulatorOptions options)
    {
        var flat = function.Code.Flat;
        if (Grid is not ( > 0, > 0 and <= 65535, > 0 and <= 65535) || Block is not ( > 0 and <= 1024, > 0 and <= 1024, > 0 and <= 64))
            return CudaResult.InvalidValue;
        if (flat.Kernel.RequiredBlock is { } required && (required[0], required[1], required[2]) != Block) return CudaResult.InvalidValue;
        if (Threads > Gpu.ThreadsOfABlock || SharedBytes < 0 || SharedBytes > function.MaxDynamicSharedBytes) return CudaResult.InvalidValue;
        if (Threads > function.MaxThreads) return CudaResult.LaunchOutOfResources;
        if (flat.SharedBytes + SharedBytes > Gpu.SharedBytesOfABlock) return CudaResult.InvalidValue;
        var blocks = Cluster.X * Cluster.Y * Cluster.Z;
        if (blocks < 1 || blocks > (function.AllowsLargeClusters ? MaxClusterBlocks : PortableClusterBlocks) || (blocks > 1 && options.Capability.Major < 9))
            return InvalidClusterSize;
        if (Grid.X % Cluster.X != 0 || Grid.Y % Cluster.Y != 0 || Grid.Z % Cluster.Z != 0) return InvalidClusterSize;
        var resident = (long)Gpu.ResidentBlocks(Threads, flat.SharedBytes + SharedBytes) * options.Multiprocessors;
        return IsCooperative && (long)Grid.X * Grid.Y * Grid.Z > resident ? CooperativeLaunchTooLarge : CudaResult.Success;
    }

    public LaunchRequest Request(LoadedFunction function, void** arguments)
    {
        var flat = function.Code.Flat;
        var parameters = new byte[flat.ParameterBytes];
        for (var i = 0; i < flat.Parameters.Count; i++)
        {
            var (offset, bytes) = flat.Parameters[i];
            new ReadOnlySpan<byte>(arguments[i], bytes).CopyTo(parameters.AsSpan(offset));
        }

        return new(function.Code, function.Constants, Grid, Block, Cluster, SharedBytes, parameters, IsCooperative, MayOverlap);
    }
}
