using Fusion.Runtime;

namespace Fusion.Graph.Tests.Support;

/// <summary>Graphs by chance: chains, diamonds, values that are used again, casts, views, slices, two groups.</summary>
internal static class RandomGraphs
{
    private const int Hidden = 64;

    private static readonly CustomOp NegateOp = new("negate", types => [types[0]], Negate);

    private static readonly QuantSpec[] Quantizations = [.. EveryQuantization.Of(Hidden, 16)
        .Select(quantization => new QuantSpec(quantization.Kind, quantization.GroupSize, quantization.GroupScaleType, quantization.Layout))];

    private static readonly ElementType[] Types = [ElementType.BFloat16, ElementType.Float16, ElementType.Float32];

    public static TensorGraph Build(int seed, int ops)
    {
        var random = new Random(seed);
        var builder = new GraphBuilder("random");
        var values = Types.Select(type => builder.Input($"x_{type}", Hidden, type)).ToList();
        values.Add(builder.Input("residual", Hidden));
        var weights = Types.ToDictionary(type => type, type => builder.Weight($"gamma_{type}", Hidden, type));
        var scale = builder.Scalar("scale");
        var results = new List<GraphValue>();
        for (var i = 0; i < ops; i++) Grow();

        // What nobody reads, some of it, is a result, and now and then what somebody reads too.
        var read = builder.Written.SelectMany(op => op.Inputs).Select(input => input.Tensor).ToHashSet();
        builder.Output("last", values[^1]);
        for (var i = 0; i < values.Count - 1; i++)
        {
            if (!read.Contains(values[i].Tensor) ? random.Next(4) > 0 : random.Next(8) == 0) builder.Output($"out{i}", values[i]);
        }

        for (var i = 0; i < results.Count; i++) builder.Output($"result{i}", results[i]);
        return builder.Build();

        // Recent values are likelier, so that chains come about.
        GraphValue Pick() => values[Math.Max(random.Next(values.Count), random.Next(values.Count))];

        void Grow()
        {
            var value = Pick();
            var type = value.Type.Elements;
            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    values.Add(value.AllReduce(group: random.Next(4) == 0 ? "ep" : "tp"));
                    break;
                case 3 or 4:
                    var others = values.Where(other => other.Type == value.Type).ToArray();
                    values.Add(value.Add(others[random.Next(others.Length)]));
                    break;
                case 5 or 6:
                    values.Add(random.Next(3) == 0
                        ? value.LayerNorm(weights[type], random.Next(2) == 0 ? weights[type] : null, 1e-5f)
                        : value.RmsNorm(weights[type], random.Next(2) == 0 ? 1e-5f : 0.25f, random.Next(2), random.Next(2) == 0));
                    break;
                case 7:
                    var quant = Quantizations[random.Next(Quantizations.Length)];
                    var isScaled = EveryQuantization.RowOf(quant.Kind)!.TakesScale;
                    var (codes, scales) = value.Quantize(quant, isScaled ? scale : null);
                    results.Add(codes);
                    if (scales is { } made && random.Next(2) == 0) results.Add(made);
                    break;
                case 8:
                    values.Add(value.Cast(Types[random.Next(3)]));
                    break;
                case 9:
                    values.Add(random.Next(2) == 0 ? value.View(RowCount.Tokens, Hidden)
                        : value.View(RowCount.PerToken(2), Hidden / 2).View(RowCount.Tokens, Hidden));
                    break;
                case 10:
                    if (random.Next(2) == 0) values.Add(value.SliceColumns(0, Hidden));
                    else results.Add(value.View(RowCount.PerToken(2), Hidden / 2).SliceColumns(8 * random.Next(2), 16));
                    break;
                default:
                    values.Add(value.Call(NegateOp));
                    break;
            }
        }
    }

    /// <summary>−x, to the bit, of any type.</summary>
    public static unsafe void Negate(CustomLaunch launch)
    {
        var (from, to) = (launch.Inputs[0], launch.Outputs[0]);
        var size = (int)(from.Bytes / from.Count);
        var input = new ReadOnlySpan<byte>((byte*)from.Address, (int)from.Bytes);
        var output = new Span<byte>((byte*)to.Address, (int)to.Bytes);
        input.CopyTo(output);
        for (var i = size - 1; i < output.Length; i += size) output[i] ^= 0x80;
    }

    /// <summary>0.5, whatever it reads.</summary>
    public static unsafe void One(CustomLaunch launch) => *(float*)launch.Outputs[0].Address = 0.5f;
}
