using Fusion.Runtime;

namespace Fusion.Graph.Tests.Execution;

/// <summary>Graphs with an <see cref="AllGatherOp"/> and a <see cref="TopKOp"/> on ranks on the CPU.</summary>
public sealed class RunsOfCollectives
{
    private const int Ranks = 3;
    private const int Columns = 16;

    [Test]
    public void GiveTheColumnsOfAllRanksAndTheLargestOfThem()
    {
        using var group = RankGroup.OnCpu(Ranks);
        using var compiled = Logits().Compile(group, new() { MaxTokens = 4 });
        var inputs = Inputs(tokens: 2);
        for (var rank = 0; rank < Ranks; rank++) compiled.SetInput<float>(rank, "x", inputs[rank]);

        var run = compiled.Run(2);

        for (var rank = 0; rank < Ranks; rank++)
        {
            var all = run.Read<float>(rank, "all");
            var expected = Enumerable.Range(0, 2).SelectMany(row => inputs.SelectMany(input => input.Skip(row * Columns).Take(Columns))).ToArray();
            Assert.That(all, Is.EqualTo(expected));
            for (var row = 0; row < 2; row++)
            {
                var numbers = expected[(row * Ranks * Columns)..((row + 1) * Ranks * Columns)];
                var order = Enumerable.Range(0, numbers.Length).OrderByDescending(i => numbers[i]).Take(3).ToArray();
                Assert.That(run.Read<int>(rank, "indices")[(row * 3)..((row + 1) * 3)], Is.EqualTo(order));
                Assert.That(run.Read<float>(rank, "values")[(row * 3)..((row + 1) * 3)], Is.EqualTo(order.Select(i => numbers[i])));
                Assert.That(run.Read<int>(rank, "best")[row], Is.EqualTo(order[0]));
            }
        }
    }

    [Test]
    public void AreTheSameFromJson()
    {
        var graph = Logits();

        var read = GraphJsonText.Parse(graph.ToJson());

        Assert.That(read.ToJson(), Is.EqualTo(graph.ToJson()));
        Assert.That(read.Ops.Select(op => op.Mnemonic), Is.EqualTo(["all_gather", "top_k", "top_k"]));
        Assert.That(read.Groups, Is.EqualTo(["tp"]));
    }

    [Test]
    public void AreForTheNumberOfRanksOfTheirGraph()
    {
        using var group = RankGroup.OnCpu(2);

        Assert.That(() => Logits().Compile(group, new() { MaxTokens = 4 }), Throws.TypeOf<FusionArgumentException>()
            .With.Message.Contains("Op 'all' gathers the columns of 3 ranks, but the group 'tp' has 2; build the graph for 2."));
    }

    [TestCase(12, ElementType.Float32, 1, "is f32[tokens, 12]; expected is bf16, f16 or f32, with a multiple of 8 columns")]
    [TestCase(16, ElementType.Float8E4M3, 1, "is e4m3[tokens, 16]; expected is bf16, f16 or f32, with a multiple of 8 columns")]
    [TestCase(16, ElementType.Float32, 17, "is i32[tokens, 17]; expected is i32[tokens, k], where k is 1 to 16")]
    [TestCase(1024, ElementType.Float32, 257, "is i32[tokens, 257]; expected is i32[tokens, k], where k is 1 to 256")]
    public void RefuseWhatTheyCannotDo(int columns, ElementType type, int k, string message) =>
        Assert.That(() => new GraphBuilder("g").Input("x", columns, type).TopK(k), Throws.TypeOf<GraphException>().With.Message.Contains(message));

    [Test]
    public void SayInJsonWhatIsWrong()
    {
        var json = Logits().ToJson();

        Assert.That(() => GraphJsonText.Parse(json.Replace("\"columns\": 48", "\"columns\": 40")), Throws.TypeOf<GraphException>()
            .With.Message.Contains("is f32[tokens, 40]; expected is the rows and type of f32[tokens, 16], and its columns times the world size"));
        Assert.That(() => GraphJsonText.Parse(json.Replace("top_k", "topk")), Throws.TypeOf<FusionDataException>().With.Message.Contains("did you mean 'top_k'?"));
    }

    internal static float[][] Inputs(int tokens)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, Ranks).Select(_ => Enumerable.Range(0, tokens * Columns).Select(_ => random.NextSingle()).ToArray())];
    }

    private static TensorGraph Logits()
    {
        var b = new GraphBuilder("logits");
        var x = b.Input("x", Columns, ElementType.Float32);
        b.Output("all", x.AllGatherColumns(Ranks, "all"));
        var (indices, values) = x.TopK(3, "choices");
        b.Output("indices", indices);
        b.Output("values", values);
        return b.Output("best", x.ArgMax("best")).Build();
    }
}
