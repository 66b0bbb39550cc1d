using Fusion.Runtime;
using Llama.Gpu.Ops;
using Llama.Gpu.Steps;
using Llama.Model;
using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Model.Safetensors;

namespace Llama.Tests.Gpu;

/// <summary>Attention of one layer alone, on a GPU, and in plain C# beside it: queries, keys and values are random numbers of the
/// sequence's name and the position.</summary>
internal sealed class AttentionBench : IDisposable
{
    private const int Layer = 1;
    private const int Poison = 0xFF;

    private readonly ModelConfig config;
    private readonly ElementType type;
    private readonly StepLayout layout;
    private readonly Rank rank;
    private readonly GpuLlamaOps ops;

    public AttentionBench(RankGroup group, ElementType type, int headSize, int heads, int keyValueHeads, StepLayout layout, int pages)
    {
        (this.type, this.layout, rank) = (type, layout, group.Ranks[0]);
        config = new()
        {
            Kind = ModelKind.Llama,
            Hidden = 64,
            Intermediate = 64,
            Layers = 2,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            Vocabulary = 64,
            Context = layout.MaxContext,
            Type = type == ElementType.BFloat16 ? TensorDataType.BFloat16 : TensorDataType.Float16,
            RopeScaling = new(8, 1, 4, 64),
        };
        ops = new(config, group, layout, pages);
    }

    public RankState State => ops.States[0];

    /// <summary>Does a step.</summary>
    /// <param name="rows">Number of rows, of which those behind the tokens pad.</param>
    /// <param name="isMerged">Whether queries, keys and values are one tensor.</param>
    /// <param name="parts">Parts of the step, whose tokens are the names of their sequences.</param>
    /// <returns>Bits of the results of each part, in their order, and of the rows that pad.</returns>
    public ushort[][] Step(int rows, bool isMerged, params StepPart[] parts) => Step<ushort>(rows, isMerged, null, parts);

    /// <summary>Does what <see cref="Step(int, bool, StepPart[])"/> does, with results in static FP8.</summary>
    /// <param name="rows">Number of rows, of which those behind the tokens pad.</param>
    /// <param name="isMerged">Whether queries, keys and values are one tensor.</param>
    /// <param name="scale">Scale of the codes.</param>
    /// <param name="parts">Parts of the step.</param>
    /// <returns>Codes of the results of each part, in their order, and of the rows that pad.</returns>
    public byte[][] Codes(int rows, bool isMerged, float scale, params StepPart[] parts) => Step<byte>(rows, isMerged, scale, parts);

    private T[][] Step<T>(int rows, bool isMerged, float? scale, StepPart[] parts)
        where T : unmanaged
    {
        var plan = new StepPlan(parts);
        var step = new int[layout.Length];
        plan.Write(step, layout, rows, 0);
        State.Step.CopyFrom(step);
        State.Turned.FillBytes(Poison);
        var (tokens, positions, sequences) = (Of(step, 0, rows), Of(step, 1, rows), Of(step, 2, rows));
        int[] widths = [config.QuerySize, config.KeyValueSize, config.KeyValueSize];
        var given = new List<ushort[]>();
        for (var kind = 0; kind < 3; kind++)
            given.Add([.. Enumerable.Range(0, rows).SelectMany(row => Row(kind, tokens[row], positions[row]))]);
        if (isMerged)
        {
            given = [[.. Enumerable.Range(0, rows).SelectMany(row => Enumerable.Range(0, 3).SelectMany(kind => Row(kind, tokens[row], positions[row])))]];
            widths = [widths.Sum()];
        }

        using var y = rank.Allocate<T>((long)rows * config.QuerySize);
        y.FillBytes(Poison);
        using var ofPositions = Filled<int>(positions);
        using var ofSequences = Filled<int>(sequences);
        var inputs = given.Select(values => Filled<ushort>(values)).ToArray();
        using var ofScale = Filled<float>([scale ?? 0]);
        var op = (isMerged, scale) switch
        {
            (true, null) => ops.MergedAttention(Layer, config.QuerySize),
            (false, null) => ops.Attention(Layer),
            (true, _) => ops.MergedAttentionFp8(Layer, config.QuerySize),
            _ => ops.AttentionFp8(Layer),
        };
        op.Launch!(new(rank, rank.Stream, "attention", rows,
        [
            .. inputs.Select((input, i) => input.AsTensor(type, rows, widths[i])),
            ofPositions.AsTensor(ElementType.Int32, rows, 1), ofSequences.AsTensor(ElementType.Int32, rows, 1),
            .. scale is null ? (DeviceTensor[])[] : [ofScale.AsTensor(ElementType.Float32, 1, 1)],
        ], [y.AsTensor(scale is null ? type : ElementType.Float8E4M3, rows, config.QuerySize)]));
        rank.Stream!.Synchronize();
        foreach (var input in inputs) input.Dispose();
        var found = new T[y.Length];
        y.CopyTo(found);
        return Split(found, plan, parts);
    }

    /// <summary>Compares a part's results with plain C#, within the roundings of weights and results.</summary>
    /// <param name="part">The part.</param>
    /// <param name="found">Its results.</param>
    /// <param name="every">Which rows are compared, counted from the last.</param>
    public void Check(StepPart part, ushort[] found, int every = 1)
    {
        var share = config.Heads / config.KeyValueHeads;
        var keys = Enumerable.Range(0, part.First + part.Tokens.Count).Select(position => Turned(1, part.Tokens[0], position)).ToArray();
        var values = Enumerable.Range(0, keys.Length).Select(position => Row(2, part.Tokens[0], position).Select(Number).ToArray()).ToArray();
        for (var row = part.Tokens.Count - 1; row >= 0; row -= every)
        {
            var queries = Turned(0, part.Tokens[0], part.First + row);
            for (var head = 0; head < config.Heads; head++)
            {
                var (q, kv) = (queries[(head * config.HeadSize)..][..config.HeadSize], head / share * config.HeadSize);
                var scores = Enumerable.Range(0, part.First + row + 1)
                    .Select(other => q.Select((value, c) => (double)value * keys[other][kv + c]).Sum() / Math.Sqrt(config.HeadSize)).ToArray();
                var weights = scores.Select(score => Math.Exp(score - scores.Max())).ToArray();
                var total = weights.Sum();
                for (var c = 0; c < config.HeadSize; c++)
                {
                    var expected = weights.Select((weight, other) => weight * values[other][kv + c]).Sum() / total;
                    var most = weights.Select((weight, other) => weight * Math.Abs(values[other][kv + c])).Sum() / total;
                    Assert.That(
                        (double)Number(found[(row * config.QuerySize) + (head * config.HeadSize) + c]),
                        Is.EqualTo(expected).Within((Numbers.RoundingOf(type) * (most + Math.Abs(expected))) + 1e-5), $"row {row}, head {head}, element {c}");
                }
            }
        }
    }

    /// <summary>Queries (0) or keys (1) of a token behind RoPE, as the reference has them.</summary>
    public float[] Turned(int kind, int sequence, int position)
    {
        var row = Row(kind, sequence, position).Select(Number).ToArray();
        for (var first = 0; first < row.Length; first += config.HeadSize) new Rope(config).Turn(row.AsSpan(first, config.HeadSize), position);
        return [.. row.Select(value => Number(Numbers.Round(type, value)))];
    }

    /// <summary>Queries (0), keys (1) or values (2) of a token.</summary>
    public ushort[] Row(int kind, int sequence, int position) =>
        Numbers.Random(type, kind == 0 ? config.QuerySize : config.KeyValueSize, (((sequence * 4096) + position) * 3) + kind);

    public float Number(ushort bits) => Numbers.Widen(type, bits);

    public void Dispose() => ops.Dispose();

    private int[] Of(int[] step, int kind, int rows) => step[(layout.Rows + (kind * layout.MaxRows))..][..rows];

    private RankBuffer<T> Filled<T>(T[] values)
        where T : unmanaged
    {
        var buffer = rank.Allocate<T>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    // The step has decodes first.
    private T[][] Split<T>(T[] found, StepPlan plan, StepPart[] parts)
    {
        var results = new T[parts.Length + 1][];
        var at = 0;
        foreach (var part in Enumerable.Range(0, parts.Length).OrderBy(part => parts[part].Tokens.Count > 1))
        {
            var count = parts[part].Tokens.Count * config.QuerySize;
            results[part] = found[at..(at + count)];
            at += count;
        }

        Assert.That(at, Is.EqualTo(plan.Tokens * config.QuerySize));
        results[^1] = found[at..];
        return results;
    }
}
