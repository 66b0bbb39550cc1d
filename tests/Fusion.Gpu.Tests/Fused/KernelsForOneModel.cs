using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>The kernels of this project's FusionAllReduce items: the bits of the reference, from really those kernels.</summary>
[TestFixture(ImageKind.Cubin)]
[TestFixture(ImageKind.Ptx)]
public sealed class KernelsForOneModel(ImageKind kind) : GpuTest
{
    private const int MaxTokens = 300;

    private static readonly AllReduceStrategy[] Strategies =
        [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate];

    public static IEnumerable<AllReduceVariant> Variants => AllReduceKernels.Of(typeof(KernelsForOneModel).Assembly).Variants;

    [TestCaseSource(nameof(Variants))]
    public void GiveTheBitsOfTheReference(AllReduceVariant variant)
    {
        using var ranks = Ranks(variant);
        // A token by itself is spread over a cluster; 300 are more than a wave of the ranks' blocks.
        foreach (var tokens in new[] { 1, 5, MaxTokens })
        {
            var data = new AllReduceCase(variant.DataType, variant.WorldSize, variant.HiddenSize, tokens, seed: tokens);
            var first = true;
            foreach (var strategy in Strategies)
            {
                foreach (var epilogue in CallsOf(variant))
                {
                    Assert.That(ranks.Compare(data, epilogue, strategy, upload: first), Is.Empty);
                    first = false;
                }
            }
        }
    }

    [TestCaseSource(nameof(Variants))]
    public void AreTheOnesThatAreLaunched(AllReduceVariant variant)
    {
        using var ranks = Ranks(variant);
        var data = new AllReduceCase(variant.DataType, variant.WorldSize, variant.HiddenSize, 3, seed: 3);
        var call = ranks.Prepare(data, CallsOf(variant)[0])[0];
        var stream = ranks.Group.Ranks[0].Stream!;
        foreach (var strategy in Strategies)
        {
            AllReducePlan? plan = null;
            var launched = RecordedKernels.NamesOf(stream, () => plan = ranks.Operation.Launch(0, stream, call, strategy).Plan);
            if (launched is null) Assert.Ignore("the driver is too old to name kernels");

            Assert.That(plan!.Variant?.ToString(), Is.EqualTo(variant.ToString()));
            Assert.That(launched, Is.SubsetOf(new[] { plan.Kernel, plan.EpilogueKernel }));
            // Of separate kernels the first is a plain all-reduce, which may have a variant of its own or none.
            var own = strategy == AllReduceStrategy.Separate && !variant.Epilogue.Equals(default) ? launched[^1] : launched[0];
            Assert.That(own, Does.Contain($"_h{variant.HiddenSize}_").And.EndWith($"_{variant.Epilogue.ToString().Replace('+', '_').Replace('-', '_')}"));
        }
    }

    [Test]
    public void LeaveOtherCallsToTheKernelsForAllModels()
    {
        using var ranks = Ranks(Variants.First(variant => variant.HiddenSize == 5120 && variant.WorldSize == 2));
        var data = new AllReduceCase(ElementType.BFloat16, 2, 5120, 4, seed: 1);
        foreach (var epilogue in Epilogue.Few(5120))
        {
            foreach (var strategy in Strategies) Assert.That(ranks.Compare(data, epilogue, strategy), Is.Empty);
        }

        var plan = ranks.Operation.Plan(4, AllReduceEpilogue.Parse("residual+layernorm"));
        Assert.That(plan.Kernel, Is.EqualTo("one_shot_bf16_p1_v1"));
        Assert.That(plan.Reason, Does.Contain("none is specialised for residual+layernorm"));
    }

    [TestCaseSource(nameof(Variants))]
    public void CanBeLeftOut(AllReduceVariant variant)
    {
        using var ranks = Ranks(variant, AllReduceKernels.BuiltIn);

        Assert.That(ranks.Operation.Plan(1, variant.Epilogue).Variant, Is.Null);
        Assert.That(ranks.Operation.Plan(1, variant.Epilogue).Reason, Does.Not.Contain("specialised"));
    }

    // By default the operation has what this assembly registered.
    private ComparedRanks Ranks(AllReduceVariant variant, AllReduceKernels? kernels = null)
    {
        if (ImageSelector.Choose(variant.Module, Context.Device.Capability, GpuDriver.MaxPtxVersion, kind).Image is null)
            Assert.Ignore($"no {kind} of {variant} runs on this GPU");
        return new(
            variant.WorldSize,
            new AllReduceOptions
            {
                HiddenSize = variant.HiddenSize,
                MaxTokens = MaxTokens,
                DataType = variant.DataType,
                Policy = AllReducePolicy.WithLimits(long.MaxValue),
                Kernels = kernels,
            },
            new KernelLoadOptions { Kind = kind });
    }

    private static List<Epilogue> CallsOf(AllReduceVariant variant) =>
        [.. Epilogue.All(variant.HiddenSize).Append(new() { Norm = NormKind.Layer, HasBeta = false })
            .Select(call => call with { HasResidual = variant.Epilogue.HasResidual })
            .Where(call => Fits(call, variant.Epilogue)).Distinct()];

    private static bool Fits(Epilogue call, AllReduceEpilogue epilogue) => epilogue == AllReduceEpilogue.Of(new()
    {
        Input = default,
        Residual = call.HasResidual ? default(DeviceTensor) : null,
        Norm = new() { Kind = call.Norm, WeightBias = call.WeightBias },
        Quantization = call.Quantization,
    });
}
