using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A world size has no kernels.</summary>
public sealed class WorldSizeException : FusionException
{
    internal WorldSizeException(int worldSize)
        : base(ErrorCodes.WorldSize,
            $"A group of {worldSize} {(worldSize == 1 ? "rank" : "ranks")} was asked for, but a group has " +
            $"{AllReduceVocabulary.GroupSizeWords} ranks.") =>
        WorldSize = worldSize;

    /// <summary>World size that was asked for.</summary>
    public int WorldSize { get; }
}
