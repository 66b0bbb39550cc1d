using System.Runtime.InteropServices;
using Fusion.CublasLt;
using Fusion.Gpu.Tests.Ranks;
using Fusion.Graph;
using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Graphs;

/// <summary>Graphs whose matmuls cuBLASLt does: within rounding those of the CPU, and the same bits fused, not fused and recorded.
/// Ignored where there is no cuBLASLt (<c>FUSION_CUBLASLT_PATH</c>).</summary>
public sealed class MatmulsOfGraphs : GpuGroupTest
{
    private const int Tokens = 8;
    private const int Hidden = 256;

    [TestCase(ElementType.BFloat16)]
    [TestCase(ElementType.Float8E4M3)]
    public void BetweenAllReducesAreThoseOfTheCpuAndTheSameFusedOrRecorded(ElementType type)
    {
        var graph = Layer(type);
        using var cpu = RankGroup.OnCpu(2);
        var gpu = OpenGpus.Group(2);
        var device = gpu.Ranks[0].Context!.Device;
        if (type == ElementType.Float8E4M3 && device.Capability is { Major: < 8 } or { Major: 8, Minor: < 9 }) Assert.Ignore($"{device} has no FP8");

        var expected = Outputs(graph, cpu, FusionPassConfig.Off, []);
        var separate = Outputs(graph, gpu, FusionPassConfig.Off, []);
        Assert.That(Outputs(graph, gpu, FusionPassConfig.Default, []), Is.EqualTo(separate), "fused");
        Assert.That(Outputs(graph, gpu, FusionPassConfig.Default, [Tokens]), Is.EqualTo(separate), "fused and recorded");
        var a = MemoryMarshal.Cast<byte, BFloat16>(expected).ToArray();
        var b = MemoryMarshal.Cast<byte, BFloat16>(separate).ToArray();
        for (var i = 0; i < a.Length; i++)
            Assert.That((float)b[i], Is.EqualTo((float)a[i]).Within(0.03f * (1 + MathF.Abs((float)a[i]))), $"element {i}");
    }

    private static TensorGraph Layer(ElementType type)
    {
        var b = new GraphBuilder("layer");
        var n = b.Input("x", Hidden).AllReduce("sum").Add(b.Input("residual", Hidden), "add").RmsNorm(b.Weight("gamma", Hidden), 1e-5f, name: "norm");
        GraphValue y;
        if (type == ElementType.Float8E4M3)
        {
            var scale = b.Scalar("scale");
            y = n.StaticFp8(scale, "quant").Matmul(b.Weight("w", Hidden, Hidden, type), inputScale: scale, weightScale: b.Scalar("sw"));
        }
        else y = n.Matmul(b.Weight("w", Hidden, Hidden, type), b.Weight("bias", Hidden));
        return b.Output("y", y.AllReduce("after").RmsNorm(b.Weight("last", Hidden), 1e-5f)).Build();
    }

    private static byte[] Outputs(TensorGraph graph, RankGroup group, FusionPassConfig passes, int[] buckets)
    {
        try
        {
            using var compiled = graph.Compile(group, new() { Passes = passes, MaxTokens = 16, Buckets = buckets });
            GraphRuns.Fill(compiled, Tokens, group.WorldSize);
            return compiled.Run(Tokens).Read<byte>(0, "y");
        }
        catch (CublasLtException e) when (e.Code == CublasLtErrorCodes.NotFound &&
            string.IsNullOrEmpty(Environment.GetEnvironmentVariable("FUSION_CUBLASLT_PATH")))
        {
            Assert.Ignore(e.Message);
            throw;
        }
    }
}
