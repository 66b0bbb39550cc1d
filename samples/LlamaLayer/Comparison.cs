using Fusion.Graph;
using Fusion.Runtime;

/// <summary>Runs a small model on two ranks on the CPU, fused and not.</summary>
internal static class Comparison
{
    private const int Tokens = 5;

    public static bool FusedIsUnfused(TensorGraph graph)
    {
        using var ranks = RankGroup.OnCpu(Shapes.Ranks);
        using var fused = graph.Compile(ranks, new() { Passes = FusionPassConfig.Default, MaxTokens = Tokens });
        using var unfused = graph.Compile(ranks, new() { Passes = FusionPassConfig.Off, MaxTokens = Tokens });
        foreach (var model in new[] { fused, unfused }) Fill(model);

        var (a, b) = (fused.Run(Tokens), unfused.Run(Tokens));
        var same = graph.Outputs.All(output => Enumerable.Range(0, Shapes.Ranks).All(rank =>
            a.Read<byte>(rank, output.Role).AsSpan().SequenceEqual(b.Read<byte>(rank, output.Role))));
        Console.WriteLine(
            $"{graph.Name}, small, 2 layers, {Tokens} tokens on 2 CPU ranks: " +
            $"{(same ? "fused = unfused, bit for bit" : "fused and unfused DIFFER")}; " +
            $"first numbers {string.Join(", ", a.Read<BFloat16>(0, "x").Take(4))}");
        Console.WriteLine(
            $"memory between inputs and outputs: {fused.PeakBytes:N0} bytes a rank, " +
            $"{fused.BytesWithoutReuse:N0} without reuse; unfused {unfused.PeakBytes:N0}");
        Console.WriteLine();
        return same;
    }

    private static void Fill(CompiledGraph model)
    {
        for (var rank = 0; rank < Shapes.Ranks; rank++)
        {
            foreach (var weight in model.Report.Before.Weights) SetWeight(model, rank, weight);
            foreach (var input in model.Report.Before.Inputs)
            {
                // The residual is the same on all ranks, what is summed is not.
                var random = new Random(input.Name == "residual" ? 1 : 2 + rank);
                model.SetInput<BFloat16>(rank, input.Name,
                    Numbers(random, input.Type.Count(Tokens), 1, value => (BFloat16)value));
            }
        }
    }

    private static void SetWeight(CompiledGraph model, int rank, GraphTensor weight)
    {
        // Norms have the same weights on all ranks; projections are cut.
        var isNorm = weight.Name.Contains("norm", StringComparison.Ordinal);
        var random = new Random(weight.Name.Aggregate(isNorm ? 0 : rank, (hash, letter) => (hash * 31) + letter));
        var count = weight.Type.Count(0);
        switch (weight.Type.Elements)
        {
            case ElementType.Float32:
                model.SetWeight<float>(rank, weight.Name,
                    [weight.Name.Contains("global", StringComparison.Ordinal) ? 448f : 0.02f]);
                break;
            case ElementType.Float8E4M3:
                model.SetWeight<Float8E4M3>(rank, weight.Name, Numbers(random, count, 0.1f, value => (Float8E4M3)value));
                break;
            default:
                model.SetWeight<BFloat16>(rank, weight.Name, Numbers(random, count, isNorm ? 1 : 0.1f, value => (BFloat16)value));
                break;
        }
    }

    private static T[] Numbers<T>(Random random, long count, float size, Func<float, T> convert) =>
        [.. Enumerable.Range(0, (int)count).Select(_ => convert(((random.NextSingle() * 2) - 1) * size))];
}
