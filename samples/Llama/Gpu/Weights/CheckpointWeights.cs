using System.Runtime.InteropServices;
using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model;

namespace Llama.Gpu.Weights;

/// <summary>Weights of a checkpoint: each rank's part goes piece by piece through pinned memory, so that a model larger than the host's
/// memory can be loaded.</summary>
internal sealed class CheckpointWeights(Checkpoint checkpoint, int ranks, IProgress<long>? progress) : IWeightSource, IDisposable
{
    private const int PieceBytes = 16 << 20;

    private readonly ModelWeights[] weights = [.. Enumerable.Range(0, ranks).Select(rank => new ModelWeights(checkpoint, rank, ranks))];
    private readonly Dictionary<int, PinnedBuffer<byte>> pieces = [];
    private long copied;

    /// <inheritdoc/>
    /// <exception cref="CheckpointException">A scale is no number above 0.</exception>
    public void Fill(Rank rank, GraphTensor weight, RankBuffer<byte> to)
    {
        var (own, parts) = (weights[rank.Index], WeightParts.Of(weight.Name));
        if (WeightParts.IsScale(weight.Name))
        {
            // Projections that read one value share its codes: those of the largest scale, so that nothing is cut off.
            to.CopyFrom(MemoryMarshal.AsBytes<float>([parts.Max(own.Scale)]));
            return;
        }

        if (!pieces.TryGetValue(rank.Index, out var buffer)) pieces[rank.Index] = buffer = rank.AllocatePinned<byte>(PieceBytes);
        var at = 0L;
        foreach (var shard in parts.Select(own.Shard))
        {
            for (var position = 0L; position < shard.Bytes; position += PieceBytes)
            {
                var piece = buffer.Span[..(int)Math.Min(PieceBytes, shard.Bytes - position)];
                shard.CopyTo(position, piece);
                to.Slice(at + position, piece.Length).CopyFrom(piece);
                progress?.Report(copied += piece.Length);
            }

            at += shard.Bytes;
        }
    }

    public void Dispose()
    {
        foreach (var buffer in pieces.Values) buffer.Dispose();
    }
}
