using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>Tensors of a measured call on each rank of this process: inputs of random numbers, outputs filled with NaN.</summary>
internal sealed class BenchBuffers : IDisposable
{
    private const byte Poison = 0xFF;
    private const float Epsilon = 1e-6f;

    private readonly List<IDisposable> owned = [];
    // At the index of the rank.
    private readonly AllReduceCall[] calls;

    /// <param name="group">Group of ranks to measure on.</param>
    /// <param name="type">Type of the input.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    /// <param name="tokens">Number of tokens of the call.</param>
    /// <param name="epilogue">Epilogue of the call.</param>
    public BenchBuffers(RankGroup group, ElementType type, int hidden, int tokens, AllReduceEpilogue epilogue)
    {
        var quantization = BenchEpilogue.Quantization(epilogue);
        var codes = quantization.Kind == QuantizationKind.None ? ElementType.Float8E4M3 : ScaleLayouts.CodeType(quantization);
        calls = [.. group.Ranks.Select(rank => !rank.IsLocal ? default : new AllReduceCall
        {
            Input = Random(rank, type, tokens, hidden, seed: rank.Index),
            // Only the results that a model would read.
            AllReduceOut = epilogue == default ? Output(rank, type, tokens, hidden) : null,
            Residual = epilogue.HasResidual ? Random(rank, type, tokens, hidden, seed: 100) : null,
            ResidualOut = epilogue.HasResidual ? Output(rank, type, tokens, hidden) : null,
            Norm = Norm(rank, type, hidden, epilogue),
            NormOut = epilogue.Norm != NormKind.None && quantization.Kind == QuantizationKind.None
                ? Output(rank, type, tokens, hidden) : null,
            Quantization = quantization with { Scale = Scale(rank, quantization.Kind) },
            QuantOut = quantization.Kind == QuantizationKind.None ? null : Output(rank, codes, tokens, hidden),
            ScaleOut = ScaleLayouts.ScaleType(quantization) is { } scales
                ? Output(rank, scales, 1, ScaleLayouts.Count(quantization, tokens, hidden))
                : null,
        })];
    }

    /// <summary>Gets the call of a rank of this process.</summary>
    public ref readonly AllReduceCall Call(int rank) => ref calls[rank];

    /// <summary>Frees the tensors.</summary>
    public void Dispose() => owned.ForEach(buffer => buffer.Dispose());

    private Normalization Norm(Rank rank, ElementType type, int hidden, in AllReduceEpilogue epilogue) =>
        epilogue.Norm == NormKind.None ? default : new()
        {
            Kind = epilogue.Norm,
            Gamma = Random(rank, type, 1, hidden, seed: 101),
            Beta = epilogue.Norm == NormKind.Layer ? Random(rank, type, 1, hidden, seed: 102) : null,
            Epsilon = Epsilon,
            WeightBias = epilogue.WeightBias,
        };

    private DeviceTensor? Scale(Rank rank, QuantizationKind kind)
    {
        if (CallWords.Of(kind) is not { TakesScale: true } row) return null;
        var buffer = Own(rank.Allocate<float>(1));
        // A scale of the whole tensor divides; one above scales of blocks multiplies.
        buffer.CopyFrom([row.Block == 0 ? 0.05f : 100]);
        return buffer.AsTensor(1, 1);
    }

    private DeviceTensor Random(Rank rank, ElementType type, int rows, int columns, int seed)
    {
        var bytes = BenchNumbers.Random(type, (long)rows * columns, seed);
        var buffer = Own(rank.Allocate<byte>(bytes.Length));
        buffer.CopyFrom(bytes);
        return buffer.AsTensor(type, rows, columns);
    }

    private DeviceTensor Output(Rank rank, ElementType type, long rows, long columns)
    {
        var buffer = Own(rank.Allocate<byte>(DeviceTensor.ByteCount(type, rows * columns)));
        buffer.FillBytes(Poison);
        return buffer.AsTensor(type, rows, columns);
    }

    private RankBuffer<T> Own<T>(RankBuffer<T> buffer)
        where T : unmanaged
    {
        owned.Add(buffer);
        return buffer;
    }
}
