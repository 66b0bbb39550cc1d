using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Plan;

public sealed class EpiloguesOfCalls
{
    private static readonly DeviceTensor Tensor = new(4096, ElementType.BFloat16, 1, 128);

    private static readonly TestCaseData<AllReduceCall, string>[] Calls =
    [
        new(new() { Input = Tensor }, "none"),
        new(new() { Input = Tensor, Residual = Tensor }, "residual"),
        new(new() { Input = Tensor, Residual = Tensor, Norm = Normalization.Rms(Tensor, 1e-6f), Quantization = Quantization.StaticFp8(Tensor) },
            "residual+rmsnorm+fp8"),
        new(new() { Input = Tensor, Norm = Normalization.Rms(Tensor, 1e-5f, weightBias: 1), Quantization = Quantization.PerTokenFp8() },
            "rmsnorm1+fp8-token"),
        new(new() { Input = Tensor, Norm = Normalization.RmsRoundedTwice(Tensor, 0), Quantization = Quantization.NvFp4(Tensor, ScaleLayout.Linear) },
            "rmsnorm-hf+nvfp4"),
        new(new() { Input = Tensor, Norm = Normalization.Layer(Tensor, null, 0), Quantization = Quantization.MxFp8() }, "layernorm+mxfp8"),
        new(new() { Input = Tensor, Quantization = Quantization.PerGroupFp8() }, "fp8-group"),
        new(new() { Input = Tensor, Quantization = Quantization.PerGroupFp8(64, ElementType.Float8UE8M0) }, "fp8-group64-ue8m0"),
    ];

    [TestCaseSource(nameof(Calls))]
    public void AreTheWordsOfAProject(AllReduceCall call, string words)
    {
        Assert.That(AllReduceEpilogue.Of(call).ToString(), Is.EqualTo(words));
        Assert.That(AllReduceEpilogue.Parse(words), Is.EqualTo(AllReduceEpilogue.Of(call)));
    }

    [Test]
    public void HaveNoWordsForAnotherWeightBias()
    {
        var epilogue = AllReduceEpilogue.Of(new() { Input = Tensor, Norm = Normalization.Rms(Tensor, 0, weightBias: 0.5f) });

        Assert.That(epilogue, Is.Not.EqualTo(AllReduceEpilogue.Parse("rmsnorm")).And.Not.EqualTo(AllReduceEpilogue.Parse("rmsnorm1")));
        Assert.That(epilogue.ToString(), Is.EqualTo("rmsnorm(weights + 0.5)"));
    }

    [Test]
    public void OfWrongWordsAreRefused() =>
        Assert.That(() => AllReduceEpilogue.Parse("residual+rmsnom"),
            Throws.TypeOf<FormatException>().With.Message.Contains("Did you mean 'rmsnorm'?"));

    [Test]
    public void HaveAWordForEachNormAndQuantization()
    {
        var words = AllReduceVocabulary.Norms.Select(norm => norm.Word).Concat(AllReduceVocabulary.Quantizations.Select(row => row.Word)).Select(AllReduceEpilogue.Parse).ToList();

        Assert.That(words.Select(word => word.Norm).Distinct(), Is.EquivalentTo(Enum.GetValues<NormKind>()));
        Assert.That(words.Select(word => word.Quantization).Distinct(), Is.EquivalentTo(Enum.GetValues<QuantizationKind>()));
    }
}
