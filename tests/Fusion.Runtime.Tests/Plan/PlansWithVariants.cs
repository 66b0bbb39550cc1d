namespace Fusion.Runtime.Tests.Plan;

public sealed class PlansWithVariants
{
    private const string Epilogue = "residual+rmsnorm+fp8";

    private static readonly AllReduceKernels Kernels = VariantAssembly.Kernels(
        VariantAssembly.Module(Epilogue), VariantAssembly.Module("none", ranks: [8]), VariantAssembly.Module("fp8", hidden: 16384));

    [TestCase(1, AllReduceStrategy.OneShot, "one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8", "")]
    [TestCase(100, AllReduceStrategy.TwoShot, "two_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8", "")]
    [TestCase(5000, AllReduceStrategy.Separate, "two_shot_bf16_p7_v1_h4096_n8_none", "epilogue_bf16_v1_h4096_residual_rmsnorm_fp8")]
    public void PreferKernelsThatFitAndSayWhere(int tokens, AllReduceStrategy strategy, string kernel, string epilogue)
    {
        var plan = Plan(tokens: tokens);

        Assert.That((plan.Strategy, plan.Kernel, plan.EpilogueKernel), Is.EqualTo((strategy, kernel, epilogue)));
        Assert.That(plan.Reason, Does.Match(
            @"^\d+ tokens? of 4096 bf16 are .*; specialised for 4096 bf16, 8 ranks, residual\+rmsnorm\+fp8 \(llama of Kernels.*\)$"));
        Assert.That(plan.Variant, Is.Not.Null.And.Property(nameof(AllReduceVariant.Name)).EqualTo("llama"));
    }

    [Test]
    public void HaveTheStrategyThatTheyHadWithout([Values(1, 16, 64, 512, 4096)] int tokens, [Values(2, 3, 8)] int ranks)
    {
        var (with, without) = (Plan(ranks: ranks, tokens: tokens), Plan(ranks: ranks, tokens: tokens, kernels: AllReduceKernels.BuiltIn));

        Assert.That(with, Is.EqualTo(without with
        {
            Kernel = with.Kernel,
            EpilogueKernel = with.EpilogueKernel,
            Reason = with.Reason,
            Variant = with.Variant,
            Variants = with.Variants,
        }));
        Assert.That(without.Variant, Is.Null);
    }

    [TestCase("residual+rmsnorm1+fp8", "one_shot_bf16_n8_norm_v1")]
    [TestCase("residual+rmsnorm", "one_shot_bf16_n8_norm_v1")]
    [TestCase("rmsnorm+fp8", "one_shot_bf16_p7_v1")]
    public void FallBackToTheKernelsForAllModelsAndSaySo(string epilogue, string kernel)
    {
        var plan = Plan(epilogue, ranks: 8);

        Assert.That((plan.Kernel, plan.Variant), Is.EqualTo((kernel, (AllReduceVariant?)null)));
        Assert.That(plan.Reason, Does.Contain($"; the kernels for all models, since none is specialised for {epilogue}, only for 4096 bf16, 8 ranks, {Epilogue} (llama"));
    }

    [TestCase(4, 4096, ElementType.BFloat16, 90)]
    [TestCase(8, 4104, ElementType.BFloat16, 90)]
    [TestCase(8, 4096, ElementType.Float16, 90)]
    public void SayNothingOfKernelsForOtherOperations(int ranks, int hidden, ElementType type, int sm)
    {
        var request = Requests.Of(sm, ranks, hidden: hidden, type: type) with { Kernels = Kernels, Epilogue = AllReduceEpilogue.Parse(Epilogue) };

        Assert.That(AllReduceDispatcher.Plan(request), Is.EqualTo(AllReduceDispatcher.Plan(request with { Kernels = AllReduceKernels.BuiltIn })));
    }

    [TestCase(90, "sm_90a", true)]
    [TestCase(80, "sm_90a", false)]
    [TestCase(100, "sm_90a", false)]
    [TestCase(100, "compute_80", true)]
    public void LeaveOutKernelsThatTheGpuCannotRun(int sm, string architecture, bool fits)
    {
        var kernels = VariantAssembly.Kernels(VariantAssembly.Module(Epilogue, architectures: [architecture]));

        Assert.That(Plan(sm: sm, kernels: kernels).Variant is not null, Is.EqualTo(fits));
    }

    [Test]
    public void TellWhichThereAreWhereTheEpilogueIsOpen()
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(hidden: 4096) with { Kernels = Kernels });

        Assert.That(plan.Kernel, Is.EqualTo("one_shot_bf16_p7_v1"));
        Assert.That(plan.Reason, Does.Match(
            @"; kernels are specialised for 4096 bf16, 8 ranks, residual\+rmsnorm\+fp8 \(.*\) and 4096 bf16, 8 ranks, none \(.*\)$"));
    }

    [Test]
    public void HaveTheThreadsOfTheirKernel()
    {
        var (with, without) = (Plan("fp8", hidden: 16384), Plan("fp8", hidden: 16384, kernels: AllReduceKernels.BuiltIn));

        Assert.That((with.Threads, with.VectorsPerThread), Is.EqualTo((1024, 2)));
        Assert.That((without.Threads, without.VectorsPerThread), Is.EqualTo((512, 4)));
    }

    [Test]
    public void OnTheCpuHaveNone()
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(hidden: 4096) with { Topology = GroupTopology.Cpu, Kernels = Kernels });

        Assert.That((plan.Kernel, plan.Reason), Is.EqualTo(("", plan.Reason)));
        Assert.That(plan.Reason, Does.Not.Contain("specialised"));
    }

    private static AllReducePlan Plan(
        string epilogue = Epilogue, int ranks = 8, int hidden = 4096, int tokens = 1, int sm = 90, AllReduceKernels? kernels = null) =>
        AllReduceDispatcher.Plan(Requests.Of(sm, ranks, tokens, hidden, maxTokens: 8192) with
        {
            Kernels = kernels ?? Kernels,
            Epilogue = AllReduceEpilogue.Parse(epilogue),
        });
}
