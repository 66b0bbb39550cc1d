using System.Runtime.InteropServices;
using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Execution;

/// <summary>Graphs with a <see cref="MatmulOp"/> on ranks on the CPU.</summary>
public sealed class RunsOfMatmuls
{
    private const int Tokens = 3;
    private const int Depth = 64;
    private const int Columns = 32;

    [TestCase(ElementType.BFloat16, ElementType.BFloat16)]
    [TestCase(ElementType.BFloat16, ElementType.Float32)]
    [TestCase(ElementType.Float16, ElementType.Float16)]
    [TestCase(ElementType.Float16, ElementType.Float32)]
    public void GiveTheProductWithTheBias(ElementType type, ElementType output)
    {
        var b = new GraphBuilder("g");
        var (w, bias) = (b.Weight("w", Columns, Depth, type), b.Weight("bias", Columns, output));
        var graph = b.Output("y", b.Input("x", Depth, type).Matmul(w, bias, output)).Build();

        var found = Floats(GraphRuns.Run(graph, FusionPassConfig.Off, Tokens, 1, out _)["y of rank 0"], output);

        Check(found, output, Values(graph, "x"), Values(graph, "w"), (_, _) => 1, Values(graph, "bias"));
    }

    [TestCase(ElementType.BFloat16)]
    [TestCase(ElementType.Float16)]
    [TestCase(ElementType.Float32)]
    public void GiveTheProductOfCodesTimesTheirScales(ElementType output)
    {
        var b = new GraphBuilder("g");
        var y = b.Input("x", Depth, ElementType.Float8E4M3).Matmul(
            b.Weight("w", Columns, Depth, ElementType.Float8E4M3), output: output, inputScale: b.Scalar("sx"), weightScale: b.Scalar("sw"));
        var graph = b.Output("y", y).Build();

        var found = Floats(GraphRuns.Run(graph, FusionPassConfig.Off, Tokens, 1, out _)["y of rank 0"], output);

        var scale = Values(graph, "sx")[0] * Values(graph, "sw")[0];
        Check(found, output, Values(graph, "x"), Values(graph, "w"), (_, _) => scale, null);
    }

    [Test]
    public void GiveTheProductOfCodesTimesTheScalesOfRows()
    {
        var b = new GraphBuilder("g");
        var scales = b.Input("sx", new TensorType(RowCount.Tokens, 1, ElementType.Float32));
        var y = b.Input("x", Depth, ElementType.Float8E4M3).Matmul(
            b.Weight("w", Columns, Depth, ElementType.Float8E4M3), inputScale: scales, weightScale: b.Weight("sw", Columns, 1, ElementType.Float32));
        var graph = b.Output("y", y).Build();

        var found = Floats(GraphRuns.Run(graph, FusionPassConfig.Off, Tokens, 1, out _)["y of rank 0"], ElementType.BFloat16);

        var (sx, sw) = (Values(graph, "sx"), Values(graph, "sw"));
        Check(found, ElementType.BFloat16, Values(graph, "x"), Values(graph, "w"), (row, column) => sx[row] * sw[column], null);
    }

    [Test]
    public void BehindFusedAllReducesGiveTheBitsOfUnfusedOnes([Values] bool byToken, [Values(1, 2, 4)] int ranks)
    {
        var b = new GraphBuilder("layer");
        var residual = b.Input("x", Depth).AllReduce("sum").Add(b.Input("residual", Depth), "add");
        var normed = residual.RmsNorm(b.Weight("gamma", Depth), 1e-5f, name: "norm");
        var w = b.Weight("w", Columns, Depth, ElementType.Float8E4M3);
        GraphValue y;
        if (byToken)
        {
            var (codes, scales) = normed.PerTokenFp8("quant");
            y = codes.Matmul(w, inputScale: scales, weightScale: b.Weight("sw", Columns, 1, ElementType.Float32));
        }
        else
        {
            var scale = b.Scalar("scale");
            y = normed.StaticFp8(scale, "quant").Matmul(w, inputScale: scale, weightScale: b.Scalar("sw"));
        }

        var graph = b.Output("y", y.AllReduce("after")).Output("residual", residual).Build();

        var report = GraphRuns.MustBeEqual(graph, ranks: ranks);
        Assert.That(report.After.Ops.Select(op => op.Mnemonic),
            Is.EqualTo([byToken ? "all_reduce+residual+rmsnorm+fp8-token" : "all_reduce+residual+rmsnorm+fp8", "matmul", "all_reduce"]));
    }

    [Test]
    public void AreReadBackFromJsonAsTheyWereWritten()
    {
        var b = new GraphBuilder("g");
        var (codes, scales) = b.Input("x", Depth).PerTokenFp8("q");
        var y = codes.Matmul(
            b.Weight("w", Columns, Depth, ElementType.Float8E4M3), b.Weight("bias", Columns), ElementType.Float32, scales,
            b.Weight("sw", Columns, 1, ElementType.Float32), "mm");
        var graph = b.Output("y", y).Build();

        var again = GraphJsonText.Parse(graph.ToJson());

        Assert.That(again.ToText(), Is.EqualTo(graph.ToText()));
        Assert.That(again.ToText(), Does.Contain("%mm: f32[tokens, 32] = matmul(%q, weight: %w, bias: %bias, input_scale: %q.scales, weight_scale: %sw)"));
        Assert.That(again.Ops[^1], Is.TypeOf<MatmulOp>());
        var wrong = graph.ToJson().Replace("\"weight\": \"w\",", "", StringComparison.Ordinal);
        Assert.That(() => GraphJsonText.Parse(wrong), Throws.TypeOf<FusionDataException>().With.Message.Contain("op 'mm': it has no input 'weight'"));
    }

    private static void Check(
        float[] found, ElementType type, float[] x, float[] w, Func<int, int, double> scale, float[]? bias)
    {
        Assert.That(found, Has.Length.EqualTo(Tokens * Columns));
        var unit = type switch { ElementType.BFloat16 => 1.0 / 256, ElementType.Float16 => 1.0 / 2048, _ => 1.0 / (1 << 23) };
        for (var i = 0; i < found.Length; i++)
        {
            var (row, column) = (i / Columns, i % Columns);
            var products = Enumerable.Range(0, Depth).Select(k => (double)x[(row * Depth) + k] * w[(column * Depth) + k] * scale(row, column)).ToArray();
            var exact = products.Sum() + (bias?[column] ?? 0);
            Assert.That(found[i], Is.EqualTo(exact).Within((Math.Abs(exact) * unit) + (products.Sum(Math.Abs) * 1e-6)), $"row {row}, column {column}");
        }
    }

    private static float[] Values(TensorGraph graph, string name)
    {
        var tensor = graph.Inputs.Concat(graph.Weights).Single(one => one.Name == name);
        return Floats(GraphRuns.Values(tensor, Tokens, 0), tensor.Type.Elements);
    }

    private static float[] Floats(byte[] bytes, ElementType type) => type switch
    {
        ElementType.BFloat16 => [.. MemoryMarshal.Cast<byte, BFloat16>(bytes).ToArray().Select(value => (float)value)],
        ElementType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(value => (float)value)],
        ElementType.Float8E4M3 => [.. MemoryMarshal.Cast<byte, Float8E4M3>(bytes).ToArray().Select(value => (float)value)],
        _ => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
    };
}
