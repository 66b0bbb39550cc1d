using Fusion.Runtime;
using FusionTemplate;

// Four ranks of a tensor-parallel model. Each has its own partial sums of 16 tokens of 4096 numbers.
const int Ranks = 4;
const int Tokens = 16;
const int Hidden = 4096;

if (args is not ([] or ["--cpu"]))
{
    Console.Error.WriteLine("Arguments: none to run on the GPU if there is one, --cpu to run on the CPU.");
    return 2;
}

// Where the ranks are. The rest of the program is the same for a GPU and for the CPU.
using var group = args is ["--cpu"] ? RankGroup.OnCpu(Ranks) : GroupOnGpuOrCpu();
foreach (var rank in group.Ranks) Console.WriteLine(rank);

// Made once for a hidden size, a type and a number of tokens; used for every layer.
using var allReduce = new AllReduce(group, new AllReduceOptions
{
    HiddenSize = Hidden,
    MaxTokens = Tokens,
    DataType = ElementType.BFloat16,
});
var plan = allReduce.Plan(Tokens);
Console.WriteLine($"Plan: {AllReduceDispatcher.Name(plan.Strategy)}, because {plan.Reason}");

// Sum over the ranks, residual, RMSNorm and FP8 in one call a rank. Start all ranks before you wait for any: they wait for
// each other.
using var memory = new RankMemory(group, Tokens, Hidden);
foreach (var rank in group.Ranks) allReduce.Launch(rank.Index, rank.Stream, memory.CallOf(rank.Index));
foreach (var rank in group.Ranks) allReduce.Synchronize(rank.Index);

// The same calls by the plain C# that says what an all-reduce computes, in memory of the CPU.
using var cpu = RankGroup.OnCpu(Ranks);
using var expected = new RankMemory(cpu, Tokens, Hidden);
AllReduceReference.Run(ElementType.BFloat16, [.. cpu.Ranks.Select(rank => expected.CallOf(rank.Index))]);

var different = group.Ranks.Sum(rank => memory.CountDifferences(rank.Index, expected));
Console.WriteLine($"{Ranks} ranks, {Tokens} tokens of {Hidden}: " +
    $"{different} of {memory.OutputCount} numbers differ from the reference");
Console.WriteLine(different == 0 ? "PASS" : "FAIL");
return different == 0 ? 0 : 1;

static RankGroup GroupOnGpuOrCpu()
{
    try
    {
        // All ranks on the first GPU. With a GPU for each: RankGroup.OnGpus(0, 1, 2, 3).
        return RankGroup.Loopback(Ranks);
    }
    catch (NoGpuException e)
    {
        Console.WriteLine($"No GPU here, so the ranks are on the CPU. {e.Message.Split('\n')[0]}");
        return RankGroup.OnCpu(Ranks);
    }
}
