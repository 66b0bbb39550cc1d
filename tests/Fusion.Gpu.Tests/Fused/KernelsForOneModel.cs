using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>The kernels of this project's FusionAllReduce items: the bits of the reference, from really those kernels.</summary>
[TestFixture(ImageKind.Cubin)]
[TestFixture(ImageKind.Ptx)]
public sealed class KernelsForOneModel(ImageKind kind) : GpuTest
{
    private const int MaxTokens = 150;

    private static readonly AllReduceStrategy[] Strategies =
        [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate];

    public static IEnumerable<TestCaseData<int, ElementType, int>> Operations => All
        .Select(variant => (variant.HiddenSize, variant.DataType, variant.WorldSize)).Distinct()
        .Select(one => new TestCaseData<int, ElementType, int>(one.HiddenSize, one.DataType, one.WorldSize));

    private static IReadOnlyList<AllReduceVariant> All => AllReduceKernels.Of(typeof(KernelsForOneModel).Assembly).Variants;

    [TestCaseSource(nameof(Operations))]
    public void GiveTheBitsOfTheReference(int hidden, ElementType type, int worldSize)
    {
        using var ranks = Ranks(hidden, type, worldSize, out var variants);
        // A token by itself is spread over a cluster; 150 are more than a wave of the ranks' blocks.
        foreach (var tokens in new[] { 1, 5, MaxTokens })
        {
            var data = new AllReduceCase(type, worldSize, hidden, tokens, seed: tokens);
            var first = true;
            foreach (var epilogue in variants.SelectMany(CallsOf))
            {
                foreach (var strategy in Strategies)
                {
                    Assert.That(ranks.Compare(data, epilogue, strategy, upload: first), Is.Empty);
                    first = false;
                }
            }
        }
    }

    [TestCaseSource(nameof(Operations))]
    public void AreTheOnesThatAreLaunched(int hidden, ElementType type, int worldSize)
    {
        using var ranks = Ranks(hidden, type, worldSize, out var variants);
        var data = new AllReduceCase(type, worldSize, hidden, 3, seed: 3);
        var stream = ranks.Group.Ranks[0].Stream!;
        foreach (var variant in variants)
        {
            var call = ranks.Prepare(data, CallsOf(variant)[0])[0];
            foreach (var strategy in Strategies)
            {
                AllReducePlan? plan = null;
                var launched = RecordedKernels.NamesOf(stream, () => plan = ranks.Operation.Launch(0, stream, call, strategy));
                if (launched is null) Assert.Ignore("the driver is too old to name kernels");

                Assert.That(plan!.Variant?.ToString(), Is.EqualTo(variant.ToString()));
                Assert.That(launched, Is.SubsetOf(new[] { plan.Kernel, plan.EpilogueKernel }));
                // Separate kernels begin with a plain all-reduce, which may have a variant of its own or none.
                var isSeparate = strategy == AllReduceStrategy.Separate && variant.Epilogue != default;
                var words = variant.Epilogue.ToString().Replace('+', '_').Replace('-', '_');
                Assert.That(launched[isSeparate ? ^1 : 0], Does.Contain($"_h{hidden}_").And.EndWith($"_{words}"));
            }
        }
    }

    [Test]
    public void LeaveOtherCallsToTheKernelsForAllModels()
    {
        using var ranks = Ranks(5120, ElementType.BFloat16, 2, out _);
        var data = new AllReduceCase(ElementType.BFloat16, 2, 5120, 4, seed: 1);
        foreach (var epilogue in Epilogue.Few(5120))
        {
            foreach (var strategy in Strategies) Assert.That(ranks.Compare(data, epilogue, strategy), Is.Empty);
        }

        var plan = ranks.Operation.Plan(4, AllReduceEpilogue.Parse("residual+layernorm"));
        Assert.That(plan.Kernel, Is.EqualTo("one_shot_bf16_p1_v1"));
        Assert.That(plan.Reason, Does.Contain("none is specialised for residual+layernorm"));
    }

    [Test]
    public void CanBeLeftOut()
    {
        using var ranks = Ranks(5120, ElementType.BFloat16, 2, out var variants, AllReduceKernels.BuiltIn);

        var plan = ranks.Operation.Plan(1, variants[0].Epilogue);
        Assert.That((plan.Variant, plan.Kernel), Is.EqualTo(((AllReduceVariant?)null, "one_shot_bf16_p1_v1")));
        Assert.That(plan.Reason, Does.Not.Contain("specialised"));
    }

    // By default the operation has what this assembly registered.
    private ComparedRanks Ranks(
        int hidden, ElementType type, int worldSize, out List<AllReduceVariant> variants, AllReduceKernels? kernels = null)
    {
        variants = [.. All.Where(one => (one.HiddenSize, one.DataType, one.WorldSize) == (hidden, type, worldSize))];
        if (ImageSelector.Choose(variants[0].Module, Context.Device.Capability, GpuDriver.MaxPtxVersion, kind).Image is null)
            Assert.Ignore($"no {kind} of {variants[0]} runs on this GPU");
        return new(
            worldSize,
            new AllReduceOptions
            {
                HiddenSize = hidden,
                MaxTokens = MaxTokens,
                DataType = type,
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
