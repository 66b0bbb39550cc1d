using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Plan;

public sealed class Dispatching
{
    [TestCase(4, AllReduceStrategy.OneShot, "4 tokens of 8192 bf16 are 65,536 bytes, no more than one-shot's limit of 65,536")]
    [TestCase(5, AllReduceStrategy.TwoShot, "5 tokens of 8192 bf16 are 81,920 bytes, more than one-shot's limit of 65,536 and no more than two-shot's of 33,554,432")]
    [TestCase(2048, AllReduceStrategy.TwoShot, "no more than two-shot's of 33,554,432 (sm_90, 8 ranks; by a model fitted to 2 to 4 H100s, not measured; two-shot's as on an H200)")]
    [TestCase(2049, AllReduceStrategy.Separate, "are 33,570,816 bytes, more than one-shot's limit of 65,536 and than two-shot's of 33,554,432")]
    [TestCase(4096, AllReduceStrategy.Separate, "")]
    public void TheSizeDecidesAndTheReasonHasTheNumbers(int tokens, AllReduceStrategy expected, string words)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(tokens: tokens, maxTokens: 4096));
        Assert.That(plan.Strategy, Is.EqualTo(expected));
        Assert.That(plan.Reason, Does.Contain(words));
        Assert.That(plan.Tokens, Is.EqualTo(tokens));
    }

    [Test]
    public void OnOneGpuTwoShotHasNoLimit()
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(tokens: 4096, maxTokens: 4096) with { Topology = GroupTopology.Loopback });
        Assert.That(plan.Strategy, Is.EqualTo(AllReduceStrategy.TwoShot));
        Assert.That(plan.Reason, Does.Contain("two-shot's only limit is the operation's of 4096 tokens (sm_90, 8 ranks on one GPU"));
    }

    [Test]
    public void TheCpuExchangesNothing()
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of() with { Topology = GroupTopology.Cpu, Capability = default });
        Assert.That(plan, Has.Property(nameof(plan.Strategy)).EqualTo(AllReduceStrategy.OneShot)
            .And.Property(nameof(plan.WorkspaceBytes)).Zero.And.Property(nameof(plan.Threads)).Zero
            .And.Property(nameof(plan.Reason)).Contains("CPU"));
    }

    [TestCase(1)]
    [TestCase(4096)]
    public void BetweenMachinesALibrarySumsCallsOfEverySize(int tokens)
    {
        var request = Requests.Of(tokens: tokens, maxTokens: 4096) with { Topology = GroupTopology.Machines };
        foreach (var strategy in new AllReduceStrategy?[] { null, AllReduceStrategy.Separate })
        {
            var plan = AllReduceDispatcher.Plan(request with { Strategy = strategy });
            Assert.That((plan.Strategy, plan.Exchange, plan.Kernel, plan.EpilogueKernel, plan.WorkspaceBytes, plan.Pieces),
                Is.EqualTo((AllReduceStrategy.Separate, AllReduceStrategy.Separate, "", "epilogue_bf16_v1", 0L, 1)));
            Assert.That(plan.Reason, Does.StartWith("the ranks do not all reach each other's memory, as on several machines: NCCL sums"));
        }
    }

    [TestCase(AllReduceStrategy.OneShot, "one-shot was asked for")]
    [TestCase(AllReduceStrategy.TwoShot, "two-shot was asked for")]
    public void BetweenMachinesNothingIsExchangedThroughMemory(AllReduceStrategy strategy, string reason)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of() with { Topology = GroupTopology.Machines, Strategy = strategy });
        Assert.That((plan.IsRefused, plan.WorkspaceBytes), Is.EqualTo((true, 0L)));
        Assert.That(plan.Reason, Does.StartWith(reason));
    }

    [TestCase(null, AllReduceStrategy.TwoLevel)]
    [TestCase(AllReduceStrategy.TwoLevel, AllReduceStrategy.TwoLevel)]
    [TestCase(AllReduceStrategy.Separate, AllReduceStrategy.Separate)]
    public void BetweenMachinesRanksSumInTwoLevelsWhereTheyAreAskedTo(AllReduceStrategy? strategy, AllReduceStrategy expected)
    {
        var request = Requests.Of(tokens: 3, maxTokens: 3) with { Topology = GroupTopology.Machines, WorldSize = 6, RanksOfAMachine = 2, Strategy = strategy };
        var plan = AllReduceDispatcher.Plan(request);
        // Two buffers, with a slot for one peer, which has half of the call.
        var slot = (3L * request.HiddenSize * 2 / 2 + 255) / 256 * 256;
        Assert.That((plan.Strategy, plan.Exchange, plan.Kernel, plan.EpilogueKernel, plan.WorkspaceBytes, plan.Pieces),
            Is.EqualTo((expected, AllReduceStrategy.TwoLevel, "reduce_scatter_bf16", "epilogue_bf16_v1", KernelLimits.ControlBytes + (2 * slot), 1)));
        Assert.That(plan.Reason, Does.StartWith("as asked for, not measured").And.Contain("the 2 ranks of each machine sum through memory, NCCL sums the parts of the 3 machines"));
    }

    [TestCase(GroupTopology.Machines, 0, "set AllReduceOptions.TwoLevel")]
    [TestCase(GroupTopology.Machines, 1, "each machine has one rank")]
    [TestCase(GroupTopology.Gpus, 0, "there is one level")]
    [TestCase(GroupTopology.Loopback, 0, "there is one level")]
    public void TwoLevelsThatThereAreNotAreRefused(GroupTopology topology, int ranksOfAMachine, string reason)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of() with { Topology = topology, RanksOfAMachine = ranksOfAMachine, Strategy = AllReduceStrategy.TwoLevel });
        Assert.That(plan.IsRefused);
        Assert.That(plan.Reason, Does.StartWith("two-level was asked for, but").And.Contain(reason));
    }

    [TestCase(GroupTopology.Machines, 3)]
    [TestCase(GroupTopology.Machines, 8)]
    [TestCase(GroupTopology.Machines, -2)]
    [TestCase(GroupTopology.Gpus, 2)]
    public void MachinesOfTwoLevelsHaveAsManyRanks(GroupTopology topology, int ranksOfAMachine)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of() with { Topology = topology, RanksOfAMachine = ranksOfAMachine });
        Assert.That(plan.Reason, Does.StartWith($"RanksOfAMachine is {ranksOfAMachine}; allowed is 0, or for several machines a number that divides the 8 ranks"));
    }

    [TestCase(AllReduceStrategy.OneShot, "one_shot_bf16_p7_v1", "")]
    [TestCase(AllReduceStrategy.TwoShot, "two_shot_bf16_p7_v1", "")]
    [TestCase(AllReduceStrategy.Separate, "one_shot_bf16_n8_sum_v1", "epilogue_bf16_v1")]
    public void AStrategyThatIsAskedForIsTaken(AllReduceStrategy forced, string kernel, string epilogue)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(tokens: 4) with { Strategy = forced });
        Assert.That((plan.Strategy, plan.Kernel, plan.EpilogueKernel), Is.EqualTo((forced, kernel, epilogue)));
        Assert.That(plan.Reason, Does.StartWith("as asked for; by size it would be one-shot: 4 tokens"));
    }

    [Test]
    public void AOneShotThatTheWorkspaceDoesNotHoldIsRefusedWithBothNumbers()
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(tokens: 5) with { Strategy = AllReduceStrategy.OneShot });
        Assert.That(plan.IsRefused);
        Assert.That(plan.Reason, Does.Contain("at most 4 tokens").And.Contain("the call has 5"));
        Assert.That(plan.WorkspaceBytes, Is.Positive);
    }

    [Test]
    public void TheEpilogueSaysItsQuantization()
    {
        var request = Requests.Of(hidden: 24) with { Epilogue = AllReduceEpilogue.Parse("rmsnorm+nvfp4") };
        Assert.That(AllReduceDispatcher.Plan(request).Reason, Does.Contain("HiddenSize is 24; allowed is a multiple of 16"));
        Assert.That(AllReduceDispatcher.Plan(request with { Epilogue = null }).IsRefused, Is.False);
    }

    [TestCase(GroupTopology.Gpus)]
    [TestCase(GroupTopology.Cpu)]
    public void WhatIsNoStrategyCannotBeAskedFor(GroupTopology topology)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of() with { Topology = topology, Strategy = (AllReduceStrategy)77 });
        Assert.That(plan, Has.Property("IsRefused").True.And.Property("Strategy").Null.And.Property("Exchange").Null
            .And.Property("Reason").Contains("77, is none"));
    }

    [TestCase(0, "a call of 0 tokens")]
    [TestCase(-5, "a call of -5 tokens")]
    [TestCase(2049, "2049 tokens are more than the operation's 2048, for which its workspace of 62,914,816 bytes is made")]
    public void TooFewOrTooManyTokensAreRefused(int tokens, string words)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(tokens: tokens));
        Assert.That(plan.IsRefused);
        Assert.That(plan.Reason, Does.Contain(words));
    }

    private static readonly (PlanRequest Request, string Words)[] Impossible =
    [
        (Requests.Of(ranks: 9), "WorldSize is 9; allowed is 1 to 8 and 16"),
        (Requests.Of(ranks: 17), "WorldSize is 17"),
        (Requests.Of(sm: 75), "Capability is sm_75; allowed is sm_80 or newer"),
        (Requests.Of(hidden: 0), "HiddenSize is 0"),
        (Requests.Of(hidden: 12), "HiddenSize is 12; allowed is a multiple of 8 from 8 to 32768"),
        (Requests.Of(hidden: 32776), "HiddenSize is 32776"),
        (Requests.Of(maxTokens: 0), "MaxTokens is 0"),
        (Requests.Of(type: ElementType.Float8E4M3), "DataType is e4m3; allowed is bf16, f16 or f32"),
        (Requests.Of(hidden: 24) with { Quantization = QuantizationKind.NvFp4 }, "a multiple of 16 for NVFP4"),
        (Requests.Of(hidden: 48) with { Quantization = QuantizationKind.MxFp8 }, "a multiple of 32 for MXFP8"),
        (Requests.Of(hidden: 192) with { Quantization = QuantizationKind.PerGroupFp8 }, "GroupSize is 128"),
        (Requests.Of() with { Quantization = QuantizationKind.PerGroupFp8, GroupSize = 4 }, "GroupSize is 4"),
        (Requests.Of() with { Quantization = (QuantizationKind)9 }, "Kind is 9"),
    ];

    [TestCase(2, 4096, ElementType.BFloat16, "none", "one_shot_bf16_n2_sum_v1")]
    [TestCase(4, 8192, ElementType.Float16, "residual+rmsnorm", "one_shot_f16_n4_norm_v1")]
    [TestCase(8, 2880, ElementType.BFloat16, "residual+rmsnorm+fp8-token", "one_shot_bf16_n8_norm_v1")]
    [TestCase(4, 4096, ElementType.BFloat16, "residual+rmsnorm1+fp8", "one_shot_bf16_n4_norm_v1", Description = "the weight bias is read")]
    [TestCase(4, 4096, ElementType.BFloat16, "residual", "one_shot_bf16_p3_v1")]
    [TestCase(4, 4096, ElementType.BFloat16, "rmsnorm", "one_shot_bf16_p3_v1")]
    [TestCase(4, 4096, ElementType.BFloat16, "residual+rmsnorm+nvfp4", "one_shot_bf16_p3_v1")]
    [TestCase(4, 4096, ElementType.Float32, "none", "one_shot_f32_p3_v1")]
    [TestCase(3, 4096, ElementType.BFloat16, "none", "one_shot_bf16_p3_v1")]
    [TestCase(2, 8200, ElementType.BFloat16, "none", "one_shot_bf16_n2_sum_v1", Description = "a cluster holds a vector a thread")]
    [TestCase(2, 8200, ElementType.BFloat16, "residual+layernorm", "one_shot_bf16_p3_v4", Description = "a thread holds several vectors")]
    [TestCase(2, 8200, ElementType.BFloat16, "none", "one_shot_bf16_p3_v4", 80, Description = "there are no clusters")]
    public void UsualCallsHaveKernelsOfTheirOwn(int ranks, int hidden, ElementType type, string epilogue, string kernel, int chip = 90)
    {
        var request = Requests.Of(ranks: ranks, hidden: hidden, type: type) with
        {
            Policy = AllReducePolicy.WithLimits(1 << 30),
            Epilogue = AllReduceEpilogue.Parse(epilogue),
            Capability = new(chip / 10, chip % 10),
        };
        Assert.That(AllReduceDispatcher.Plan(request).Kernel, Is.EqualTo(kernel));
    }

    [TestCaseSource(nameof(Impossible))]
    public void WhatThereIsNoKernelForIsRefusedInWords((PlanRequest Request, string Words) wrong)
    {
        var plan = AllReduceDispatcher.Plan(wrong.Request);
        Assert.That(plan.IsRefused);
        Assert.That(plan.Reason, Does.Contain(wrong.Words));
        Assert.That((plan.Kernel, plan.Threads, plan.WorkspaceBytes), Is.EqualTo(("", 0, 0L)));
    }

    [TestCase(2, 8, ElementType.BFloat16, 32, 1, "one_shot_bf16_p1_v1")]
    [TestCase(2, 2880, ElementType.Float32, 384, 1, "one_shot_f32_p1_v1")]
    [TestCase(3, 4096, ElementType.Float16, 512, 1, "one_shot_f16_p3_v1")]
    [TestCase(4, 8192, ElementType.BFloat16, 1024, 1, "one_shot_bf16_p3_v1")]
    [TestCase(5, 7168, ElementType.BFloat16, 896, 1, "one_shot_bf16_p7_v1")]
    [TestCase(16, 4096, ElementType.Float32, 512, 1, "one_shot_f32_p3_v1")]
    [TestCase(2, 8200, ElementType.BFloat16, 288, 4, "one_shot_bf16_p3_v4")]
    [TestCase(8, 32768, ElementType.Float16, 1024, 4, "one_shot_f16_p3_v4")]
    public void TheKernelFitsWorldSizeTypeAndHiddenSize(
        int ranks, int hidden, ElementType type, int threads, int vectors, string kernel)
    {
        var request = Requests.Of(ranks: ranks, hidden: hidden, type: type) with { Policy = AllReducePolicy.WithLimits(1 << 30) };
        var plan = AllReduceDispatcher.Plan(request);
        Assert.That((plan.Threads, plan.VectorsPerThread, plan.Kernel), Is.EqualTo((threads, vectors, kernel)));
    }

    [Test]
    public void EveryKernelThatAPlanNamesIsInThisLibrary()
    {
        var there = KernelLibrary.ReadManifest(typeof(AllReducePlan).Assembly).Modules
            .SelectMany(module => module.Images).Select(image => image.Kernels.Select(k => k.Name).ToHashSet())
            .Aggregate(new HashSet<string>(), (all, names) => [.. all, .. names]);
        var named =
            from ranks in AllReduceVocabulary.WorldSizes
            from hidden in new[] { 8, 8192, 8200, 32768 }
            from type in new[] { ElementType.BFloat16, ElementType.Float16, ElementType.Float32 }
            from force in new[] { AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate }
            let request = Requests.Of(ranks: ranks, hidden: hidden, type: type, tokens: 1, maxTokens: 1)
            from epilogue in new AllReduceEpilogue?[] { null, AllReduceEpilogue.Parse("none"), AllReduceEpilogue.Parse("residual+rmsnorm") }
            let plan = AllReduceDispatcher.Plan(request with { Strategy = force, Epilogue = epilogue, Policy = AllReducePolicy.WithLimits(1 << 20) })
            from kernel in new[] { plan.Kernel, plan.EpilogueKernel }
            where kernel.Length > 0
            select kernel;
        var ofCollectives =
            from name in new[] { "all_gather", "reduce_scatter", "top_k", "choose_columns" }
            from type in AllReduceVocabulary.DataTypes
            select $"{name}_{type}";
        Assert.That(named.Distinct().Concat(ofCollectives).Concat(["place_columns", "merge_choices", "write_failure_word", "read_failure_word", "count_replay"]), Is.EquivalentTo(there));
    }

    [TestCase(128, 8192, 0)]
    [TestCase(8, 8192, 0)]
    [TestCase(256, 8192, 0)]
    [TestCase(512, 8192, 64)]
    [TestCase(24, 4800, 800)]
    [TestCase(4096, 4096, 16)]
    public void GroupsThatDoNotLieInAWarpNeedSharedMemory(int group, int hidden, int bytes)
    {
        Assert.That(KernelChoice.SharedBytes(Quantization.PerGroupFp8(group), hidden), Is.EqualTo(bytes));
        Assert.That(KernelChoice.SharedBytes(Quantization.PerTokenFp8() with { GroupSize = group }, hidden), Is.Zero);
    }
}
