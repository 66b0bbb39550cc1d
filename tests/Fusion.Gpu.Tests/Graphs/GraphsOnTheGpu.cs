using System.Runtime.InteropServices;
using Fusion.Gpu.Tests.Ranks;
using Fusion.Graph;
using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Graphs;

/// <summary>Graphs on the ranks of a test give the bits that they give on ranks on the CPU, fused or not, recorded or
/// not.</summary>
public sealed class GraphsOnTheGpu : GpuGroupTest
{
    private static readonly IEnumerable<Pattern> Patterns = Pattern.All;

    private readonly RankGroup cpu = RankGroup.OnCpu(2);

    [OneTimeTearDown]
    public void LetGo() => cpu.Dispose();

    [TestCaseSource(nameof(Patterns))]
    public void EveryPatternFusedIsUnfusedAndIsTheCpus(Pattern pattern)
    {
        var graph = pattern.Build();
        var gpu = OpenGpus.Group(2);
        var expected = Outputs(graph, cpu, FusionPassConfig.Off, 5, []);

        MustBe(expected, Outputs(graph, gpu, FusionPassConfig.Off, 5, []), "separate ops");
        MustBe(expected, Outputs(graph, gpu, FusionPassConfig.Default, 5, []), "fused");
        MustBe(expected, Outputs(graph, gpu, FusionPassConfig.Default, 5, [5]), "fused and recorded");
        var separate = FusionPassConfig.Default with { MaxSizeMb = FusionPassConfig.Default.MaxSizeMb.Add(2, 0) };
        MustBe(expected, Outputs(graph, gpu, separate, 5, []), "fused, above the size limit");
        var twoShot = FusionPassConfig.Default with { Policy = AllReducePolicy.WithLimits(0) };
        MustBe(expected, Outputs(graph, gpu, twoShot, 5, []), "two-shot");
    }

    [TestCase(2)]
    [TestCase(4)]
    public void CastsSlicesAndCustomOpsToo(int ranks)
    {
        using var cpu = RankGroup.OnCpu(ranks);
        var gpu = OpenGpus.Group(ranks);
        for (var seed = 0; seed < 15; seed++)
        {
            var graph = RandomGraphs.Build(seed, 30);
            var expected = Outputs(graph, cpu, FusionPassConfig.Off, 5, []);
            MustBe(expected, Outputs(graph, gpu, FusionPassConfig.Off, 5, [], Negate), $"graph {seed}, separate ops");
            MustBe(expected, Outputs(graph, gpu, FusionPassConfig.Default, 5, [8], Negate), $"graph {seed}, fused and recorded", 5);
        }
    }

    [Test]
    public void ABucketIsRecordedOnceAndReplayedWithOtherInputsAndFewerTokens()
    {
        var graph = new Pattern(ElementType.BFloat16, true, NormKind.Rms, QuantizationKind.PerTokenFp8, ScaleLayout.Linear, true, true).Build();
        using var cpu = RankGroup.OnCpu(2);
        var gpu = OpenGpus.Group(2);
        using var expected = graph.Compile(cpu, new() { Passes = FusionPassConfig.Off, MaxTokens = 64 });
        using var actual = graph.Compile(gpu, new() { MaxTokens = 64, Buckets = [4, 16] });
        GraphRuns.Fill(expected, 64, 2);
        GraphRuns.Fill(actual, 64, 2);

        foreach (var tokens in new[] { 4, 3, 16, 9, 64, 1, 40, 16 })
        {
            for (var rank = 0; rank < 2; rank++)
            {
                var input = GraphRuns.Values(graph.Inputs[0], tokens, rank + (10 * tokens));
                expected.SetInput<byte>(rank, "x", input);
                actual.SetInput<byte>(rank, "x", input);
            }

            var (wanted, got) = (expected.Run(tokens), actual.Run(tokens));
            Assert.That(got.Bucket, Is.EqualTo(tokens <= 4 ? 4 : tokens <= 16 ? 16 : (int?)null));
            foreach (var output in graph.Outputs)
            {
                for (var rank = 0; rank < 2; rank++)
                    Assert.That(got.Read<byte>(rank, output.Role), Is.EqualTo(wanted.Read<byte>(rank, output.Role)), $"{output.Role} of {tokens}");
            }
        }

        Assert.That(actual.GetRecordedBuckets(), Is.EqualTo([4, 16]));
    }

    private static Dictionary<string, (byte[] Bytes, TensorType Type)> Outputs(
        TensorGraph graph, RankGroup group, FusionPassConfig config, int tokens, int[] buckets, Action<CustomLaunch>? negate = null)
    {
        using var secondOnCpu = group.Topology == GroupTopology.Cpu ? RankGroup.OnCpu(group.WorldSize) : null;
        var second = secondOnCpu ?? (graph.Groups.Count < 2 ? null : OpenGpus.Group(group.WorldSize, number: 1));
        using var compiled = graph.Compile(group, new()
        {
            Passes = config,
            MaxTokens = 16,
            Buckets = buckets,
            Groups = graph.Groups.Skip(1).ToDictionary(name => name, _ => second!),
            CustomOps = negate is null ? new Dictionary<string, Action<CustomLaunch>>()
                : new Dictionary<string, Action<CustomLaunch>> { ["negate"] = negate },
        });
        GraphRuns.Fill(compiled, tokens, group.WorldSize);
        var run = compiled.Run(tokens);
        return graph.Outputs
            .SelectMany(_ => Enumerable.Range(0, group.WorldSize), (output, rank) => (output, rank))
            .ToDictionary(key => $"{key.output.Role} of rank {key.rank}",
                key => (run.Read<byte>(key.rank, key.output.Role), key.output.Tensor.Type));
    }

    private static void MustBe(
        Dictionary<string, (byte[] Bytes, TensorType Type)> expected, Dictionary<string, (byte[] Bytes, TensorType Type)> actual,
        string how, int? tokens = null)
    {
        foreach (var (key, (bytes, type)) in expected)
        {
            // A larger bucket leaves something else in the padding of scales.
            if (tokens is not null && type.Layout != ScaleLayout.Linear) continue;
            Assert.That(OneNaN(actual[key].Bytes, type), Is.EqualTo(OneNaN(bytes, type)), $"{how}: {key}");
        }
    }

    // Which NaN an operation gives is nobody's promise.
    private static byte[] OneNaN(byte[] bytes, TensorType type)
    {
        switch (type.Elements)
        {
            case ElementType.BFloat16:
                foreach (ref var bits in MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan())) bits = (bits & 0x7FFF) > 0x7F80 ? (ushort)0x7FFF : bits;
                break;
            case ElementType.Float16:
                foreach (ref var bits in MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan())) bits = (bits & 0x7FFF) > 0x7C00 ? (ushort)0x7FFF : bits;
                break;
            case ElementType.Float32:
                foreach (ref var bits in MemoryMarshal.Cast<byte, uint>(bytes.AsSpan())) bits = (bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FFFFFFF : bits;
                break;
        }

        return bytes;
    }

    // By the kernel of the GPU that the rank is on.
    private static void Negate(CustomLaunch launch)
    {
        var (from, to) = (launch.Inputs[0], launch.Outputs[0]);
        TypedKernels.Negate.Launch(
            launch.Stream!, new LaunchShape(64, 256), new DevicePointer<byte>(from.Address), new DevicePointer<byte>(to.Address),
            from.Count, (int)(from.Bytes / from.Count));
    }
}
