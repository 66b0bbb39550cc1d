using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Support;

/// <summary>Runs graphs on ranks on the CPU, with inputs and weights that depend on their names and the rank alone.</summary>
internal static class GraphRuns
{
    /// <summary>The same outputs, bit for bit, with and without the passes.</summary>
    /// <returns>What the passes did.</returns>
    public static FusionReport MustBeEqual(TensorGraph graph, int tokens = 3, int ranks = 2, FusionPassConfig? config = null)
    {
        var expected = Run(graph, FusionPassConfig.Off, tokens, ranks, out _);
        var actual = Run(graph, config ?? FusionPassConfig.Default, tokens, ranks, out var report);
        foreach (var (key, bytes) in expected)
        {
            Assert.That(bytes, Is.Not.All.Zero, $"{key} tells nothing");
            Assert.That(actual[key], Is.EqualTo(bytes), () => $"{key}\n{graph.ToText()}\n{report.After.ToText()}");
        }

        return report;
    }

    /// <summary>The outputs of each rank.</summary>
    public static Dictionary<string, byte[]> Run(
        TensorGraph graph, FusionPassConfig config, int tokens, int ranks, out FusionReport report)
    {
        using var group = RankGroup.OnCpu(ranks);
        using var second = RankGroup.OnCpu(ranks);
        var groups = graph.Groups.Skip(1).ToDictionary(name => name, _ => second);
        using var compiled = graph.Compile(group, new() { Passes = config, MaxTokens = tokens + 2, Groups = groups });
        Fill(compiled, tokens, ranks);
        report = compiled.Report;
        var run = compiled.Run(tokens);
        return graph.Outputs
            .SelectMany(output => Enumerable.Range(0, ranks), (output, rank) => (output.Role, rank))
            .ToDictionary(key => $"{key.Role} of rank {key.rank}", key => run.Read<byte>(key.rank, key.Role));
    }

    public static void Fill(CompiledGraph compiled, int tokens, int ranks)
    {
        for (var rank = 0; rank < ranks; rank++)
        {
            foreach (var weight in compiled.Report.Before.Weights)
                compiled.SetWeight<byte>(rank, weight.Name, Values(weight, 0, rank));
            foreach (var input in compiled.Report.Before.Inputs)
                compiled.SetInput<byte>(rank, input.Name, Values(input, tokens, rank));
        }
    }

    public static byte[] Values(GraphTensor tensor, int tokens, int rank)
    {
        var random = new Random(tensor.Name.Aggregate(17, (hash, letter) => (hash * 31) + letter) ^ (rank * 7919));
        var values = Enumerable.Range(0, (int)tensor.Type.Count(tokens)).Select(_ => Value(random)).ToArray();
        return tensor.Type.Elements switch
        {
            ElementType.BFloat16 => Bytes(values, value => (BFloat16)value),
            ElementType.Float16 => Bytes(values, value => (Half)value),
            // Scales are above 0.
            ElementType.Float32 when values.Length == 1 => Bytes(values, value => MathF.Abs(value) + 0.125f),
            ElementType.Float32 => Bytes(values, value => value),
            ElementType.Float8E4M3 => Bytes(values, value => (Float8E4M3)value),
            ElementType.Float4E2M1 => [.. values.Chunk(2).Select(pair => Float4E2M1.Pack((Float4E2M1)pair[0], (Float4E2M1)pair[1]))],
            _ => throw new NotSupportedException($"{tensor}"),
        };
    }

    private static float Value(Random random) => (float)((random.NextDouble() * 4) - 2);

    private static byte[] Bytes<T>(float[] values, Func<float, T> convert)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values.Select(convert).ToArray()).ToArray();
}
