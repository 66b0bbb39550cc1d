using System.CommandLine;
using Fusion.Runtime;
using TensorParallelLayer;

var ranks = new Option<int>("--ranks") { Description = "Number of ranks: 2 to 8, or 16.", DefaultValueFactory = _ => 2 };
var tokens = new Option<int>("--tokens") { Description = "Tokens of the batch, 1 or more.", DefaultValueFactory = _ => 16 };
var on = new Option<string>("--on") { Description = "Where the ranks are.", DefaultValueFactory = _ => "auto" };
var model = new Option<string>("--model") { Description = "Which model's shapes.", DefaultValueFactory = _ => "all" };
on.AcceptOnlyFromAmong("auto", "gpu", "cpu");
model.AcceptOnlyFromAmong(["all", .. ModelShape.All.Select(shape => shape.Name)]);

var command = new RootCommand("The two fused all-reduces of a transformer layer, checked bit for bit.")
{
    ranks, tokens, on, model,
};
command.SetAction(line =>
{
    try
    {
        using var group = Open(line.GetValue(on)!, line.GetValue(ranks));
        var wrong = ModelShape.All.Where(shape => line.GetValue(model) is "all" || line.GetValue(model) == shape.Name)
            .Sum(shape => Run(group, shape, line.GetValue(tokens)));
        Console.WriteLine(wrong == 0 ? "PASS" : "FAIL");
        return wrong == 0 ? 0 : 1;
    }
    catch (Exception e) when (e is IFusionError)
    {
        // Its message begins with a code, to which there is a page, and says what to do.
        Console.Error.WriteLine(e.Message);
        return 2;
    }
});
return command.Parse(args).Invoke();

static RankGroup Open(string place, int ranks)
{
    if (place == "cpu") return RankGroup.OnCpu(ranks);
    try
    {
        // All ranks on one GPU. Where there is a GPU for each: RankGroup.OnGpus(0, 1, …).
        return RankGroup.Loopback(ranks);
    }
    catch (NoGpuException) when (place == "auto")
    {
        return RankGroup.OnCpu(ranks);
    }
}

static int Run(RankGroup group, ModelShape shape, int tokens)
{
    Console.WriteLine(
        $"{shape.Name}: {group.WorldSize} ranks, {group.Topology}, {tokens} tokens of {shape.Hidden} bf16, {shape.Kind}");
    using var operation = new AllReduce(group, new AllReduceOptions { HiddenSize = shape.Hidden, MaxTokens = tokens });
    using var layer = new Layer(group, shape, tokens);
    var actual = layer.Run((step, calls) =>
    {
        AllReducePlan? plan = null;
        foreach (var rank in group.Ranks) plan = operation.Launch(rank.Index, rank.Stream, calls[rank.Index]);
        foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
        Console.WriteLine($"  {step}: {AllReduceDispatcher.Name(plan!.Strategy)} ({plan.Reason})");
    });

    // The same layer by the plain C# that says what an all-reduce computes.
    using var cpu = RankGroup.OnCpu(group.WorldSize);
    using var reference = new Layer(cpu, shape, tokens);
    var expected = reference.Run((_, calls) => AllReduceReference.Run(ElementType.BFloat16, calls));

    var wrong = 0;
    foreach (var (step, outputs) in actual)
    {
        for (var rank = 0; rank < outputs.Length; rank++)
        {
            Check(outputs[rank].HasBitsOf(expected[step][rank]), $"{step}, rank {rank}: not the bits of the reference");
            Check(outputs[rank].HasBitsOf(outputs[0]), $"{step}, rank {rank}: not the bits of rank 0");
        }
    }

    if (wrong == 0) Console.WriteLine($"  all {group.WorldSize} ranks agree and have the bits of the reference, after both");
    return wrong;

    void Check(bool isRight, string problem)
    {
        if (isRight) return;
        wrong++;
        Console.WriteLine($"  {problem}");
    }
}
