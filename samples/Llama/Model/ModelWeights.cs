using Fusion.Runtime;
using Llama.Model.Safetensors;
using Llama.Model.Sharding;

namespace Llama.Model;

/// <summary>A rank's weights of a checkpoint.</summary>
public sealed class ModelWeights
{
    private readonly Checkpoint checkpoint;
    private readonly Dictionary<string, ModelTensor> tensors;
    private readonly int rank, ranks;

    /// <summary>Takes a rank's part of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint, which must be kept as long as the weights are read.</param>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes.</exception>
    public ModelWeights(Checkpoint checkpoint, int rank, int ranks)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        checkpoint.Config.ThrowUnlessDivisible(ranks);
        (this.checkpoint, this.rank, this.ranks) = (checkpoint, rank, ranks);
        tensors = ModelTensors.Of(checkpoint.Config).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>Names of the rank's tensors.</summary>
    public IEnumerable<string> Names => tensors.Keys;

    /// <summary>Size of all of the rank's tensors, in bytes.</summary>
    public long Bytes => Names.Sum(name => Shard(name).Bytes);

    /// <summary>Gets the rank's part of a tensor.</summary>
    /// <param name="name">Name of the tensor.</param>
    public Shard Shard(string name)
    {
        var (file, entry) = checkpoint.Find(name);
        return new(file, entry, tensors[name].Split, rank, ranks);
    }

    /// <summary>Reads a scale, whatever its type is.</summary>
    /// <param name="name">Name of a tensor of one element.</param>
    /// <exception cref="CheckpointException">The scale is not above 0, or not finite.</exception>
    public float Scale(string name)
    {
        var shard = Shard(name);
        var bytes = shard.ToArray();
        var scale = shard.Type switch
        {
            TensorDataType.Float32 => BitConverter.ToSingle(bytes),
            TensorDataType.BFloat16 => (float)BFloat16.FromBits(BitConverter.ToUInt16(bytes)),
            _ => (float)BitConverter.ToHalf(bytes),
        };
        if (float.IsFinite(scale) && scale > 0) return scale;
        throw new CheckpointException(checkpoint.Find(name).File.Path, $"'{name}' is {scale}; expected is a number above 0");
    }

    /// <summary>Copies all of the rank's tensors, piece by piece.</summary>
    /// <param name="buffer">Buffer through which the bytes go.</param>
    /// <param name="copy">Action that takes a piece: the tensor, the position of the piece in it, and its bytes, which are valid during
    /// the call.</param>
    /// <param name="progress">What is told how many bytes were copied so far; null for nobody.</param>
    public void CopyTo(byte[] buffer, Action<Shard, long, ReadOnlyMemory<byte>> copy, IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        var copied = 0L;
        foreach (var shard in Names.Select(Shard))
        {
            for (var position = 0L; position < shard.Bytes; position += buffer.Length)
            {
                var piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, shard.Bytes - position));
                shard.CopyTo(position, piece.Span);
                copy(shard, position, piece);
                progress?.Report(copied += piece.Length);
            }
        }
    }
}
