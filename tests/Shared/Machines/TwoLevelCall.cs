using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Tests.Shared;

/// <summary>What ranks of several machines do in two levels.</summary>
/// <param name="Machines">Number of machines.</param>
/// <param name="RanksOfEach">Number of ranks of each; those of a machine follow each other.</param>
/// <param name="Type">Type of the tensors.</param>
/// <param name="Hidden">Number of elements of a token.</param>
/// <param name="Tokens">Number of tokens.</param>
/// <param name="Epilogue">What follows the sum.</param>
internal sealed record TwoLevelShape(int Machines, int RanksOfEach, ElementType Type, int Hidden, int Tokens, TwoLevelEpilogue Epilogue)
{
    /// <summary>Computes what every rank must get: each machine's sum in the order of its ranks, rounded, then the sum of these from the last
    /// machine to the first, rounded, which is the order of the NCCL of tests. Of two machines the order does not count.</summary>
    /// <param name="round">Number by which inputs differ.</param>
    public byte[] Expected(int round)
    {
        using var alone = RankGroup.OnCpu(1);
        var rank = alone.Ranks[0];
        var sums = new List<TwoLevelCall>();
        for (var machine = Machines - 1; machine >= 0; machine--)
        {
            var inputs = Enumerable.Range(machine * RanksOfEach, RanksOfEach).Select(of => new TwoLevelCall(this, rank)).ToArray();
            for (var i = 0; i < RanksOfEach; i++) inputs[i].Begin((machine * RanksOfEach) + i, round);
            var sum = new TwoLevelCall(this, rank);
            sum.Begin(0, round);
            AllReduceReference.Run(Type, [.. inputs.Select((input, i) => new AllReduceCall { Input = input.Value.Input, AllReduceOut = i == 0 ? sum.Value.Input : null })]);
            sums.Add(sum);
        }

        AllReduceReference.Run(Type, [.. sums.Select(sum => sum.Value)]);
        return sums[0].Results();
    }
}

/// <summary>What follows the sum of a call.</summary>
/// <param name="HasResidual">Whether a residual is added.</param>
/// <param name="Norm">Kind of the norm.</param>
/// <param name="Quantization">Quantization, without its scale.</param>
/// <param name="IsInPlace">Whether the sum replaces the input.</param>
internal sealed record TwoLevelEpilogue(bool HasResidual, NormKind Norm, Quantization Quantization, bool IsInPlace = false)
{
    /// <summary>The sum alone.</summary>
    public static TwoLevelEpilogue None { get; } = new(false, NormKind.None, default);

    /// <summary>Residual, RMSNorm and per-token FP8.</summary>
    public static TwoLevelEpilogue Usual { get; } = new(true, NormKind.Rms, Quantization.PerTokenFp8());
}

/// <summary>A rank's tensors of a call in two levels.</summary>
internal sealed class TwoLevelCall : IDisposable
{
    private const byte Poison = 0xA5;

    private readonly TwoLevelShape shape;
    private readonly RankBuffer<byte> input, residual, gamma, beta, sum, residualOut, norm, codes, scales;
    private readonly RankBuffer<float> scale;
    private readonly List<RankBuffer<byte>> outputs;

    public TwoLevelCall(TwoLevelShape shape, Rank rank)
    {
        this.shape = shape;
        var (_, _, type, hidden, tokens, epilogue) = shape;
        var bytes = DeviceTensor.ByteCount(type, hidden * tokens);
        var quantization = epilogue.Quantization;
        var hasNorm = epilogue.Norm != NormKind.None;
        var hasScale = quantization.Kind is QuantizationKind.StaticFp8 or QuantizationKind.NvFp4;
        var isQuantized = quantization.Kind != QuantizationKind.None;
        var scaleCount = isQuantized && ScaleLayouts.ScaleType(quantization) is not null ? ScaleLayouts.Count(quantization, tokens, hidden) : 0;
        (input, residual, sum, residualOut, norm) = (New(bytes), New(bytes), New(bytes), New(bytes), New(bytes));
        (gamma, beta) = (New(DeviceTensor.ByteCount(type, hidden)), New(DeviceTensor.ByteCount(type, hidden)));
        codes = New(isQuantized ? DeviceTensor.ByteCount(ScaleLayouts.CodeType(quantization), hidden * tokens) : 16);
        scales = New(Math.Max(16, scaleCount * sizeof(float)));
        scale = rank.Allocate<float>(4);
        outputs = [epilogue.IsInPlace ? input : sum, .. epilogue.HasResidual ? [residualOut] : Array.Empty<RankBuffer<byte>>(), .. hasNorm ? [norm] : Array.Empty<RankBuffer<byte>>(), .. isQuantized ? [codes, scales] : Array.Empty<RankBuffer<byte>>()];
        Value = new()
        {
            Input = Matrix(input),
            AllReduceOut = Matrix(epilogue.IsInPlace ? input : sum),
            Residual = epilogue.HasResidual ? Matrix(residual) : null,
            ResidualOut = epilogue.HasResidual ? Matrix(residualOut) : null,
            Norm = !hasNorm ? default : new() { Kind = epilogue.Norm, Gamma = Row(gamma), Beta = epilogue.Norm == NormKind.Layer ? Row(beta) : null, Epsilon = 1e-5f },
            NormOut = hasNorm ? Matrix(norm) : null,
            Quantization = quantization with { Scale = hasScale ? new(scale.Pointer.Address, ElementType.Float32, 1, 1) : null },
            QuantOut = isQuantized ? new(codes.Pointer.Address, ScaleLayouts.CodeType(quantization), tokens, hidden) : null,
            ScaleOut = scaleCount > 0 ? new(scales.Pointer.Address, ScaleLayouts.ScaleType(quantization)!.Value, 1, scaleCount) : null,
        };

        RankBuffer<byte> New(long count) => rank.Allocate<byte>(count);

        DeviceTensor Matrix(RankBuffer<byte> of) => new(of.Pointer.Address, type, tokens, hidden);

        DeviceTensor Row(RankBuffer<byte> of) => new(of.Pointer.Address, type, 1, hidden);
    }

    public AllReduceCall Value { get; }

    /// <summary>Fills in the inputs of a rank, and poisons all outputs.</summary>
    public void Begin(int rank, int round)
    {
        outputs.ForEach(output => output.FillBytes(Poison));
        input.CopyFrom(Numbers(shape.Tokens * shape.Hidden, (round * 100) + rank));
        residual.CopyFrom(Numbers(shape.Tokens * shape.Hidden, 100000 + round));
        gamma.CopyFrom(Numbers(shape.Hidden, 200000));
        beta.CopyFrom(Numbers(shape.Hidden, 300000));
        scale.CopyFrom([0.03f, 0, 0, 0]);
    }

    /// <summary>Reads all outputs.</summary>
    public byte[] Results()
    {
        var all = new List<byte>();
        foreach (var output in outputs)
        {
            var bytes = new byte[output.Length];
            output.CopyTo(bytes);
            all.AddRange(bytes);
        }

        return [.. all];
    }

    public void Dispose()
    {
        foreach (var buffer in new[] { input, residual, gamma, beta, sum, residualOut, norm, codes, scales }) buffer.Dispose();
        scale.Dispose();
    }

    // Sums of these depend on the order and on where they are rounded.
    private byte[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        float[] numbers = [.. Enumerable.Range(0, count).Select(_ => random.Next(20) == 0 ? -0.0f : (float)((random.NextDouble() * 4) - 2))];
        return shape.Type switch
        {
            ElementType.Float32 => MemoryMarshal.AsBytes<float>(numbers).ToArray(),
            ElementType.Float16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(numbers, number => (Half)number)).ToArray(),
            _ => MemoryMarshal.AsBytes<BFloat16>(Array.ConvertAll(numbers, number => (BFloat16)number)).ToArray(),
        };
    }
}
