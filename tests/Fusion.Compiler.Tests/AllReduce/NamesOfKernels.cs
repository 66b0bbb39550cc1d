using Fusion.Manifest;

namespace Fusion.Compiler.Tests.AllReduce;

public sealed class NamesOfKernels
{
    [Test]
    public void SayTheSameWhenTheyAreReadAgain([ValueSource(nameof(Epilogues))] string words)
    {
        Assert.That(EpilogueWords.TryParse(words, out var epilogue, out var problem), problem);
        Assert.That(epilogue.ToString(), Is.EqualTo(words));
        Assert.That(EpilogueWords.TryParseIdentifier(epilogue.Identifier, out var same) && same == epilogue, epilogue.Identifier);
        foreach (var stem in new[] { AllReduceKernelName.OneShot, AllReduceKernelName.TwoShot, AllReduceKernelName.EpilogueKernel })
        {
            var separate = stem == AllReduceKernelName.EpilogueKernel;
            var name = new AllReduceKernelName(stem, "f16", separate ? 0 : 7, 2, 12288, separate ? 0 : 16, epilogue);
            Assert.That(AllReduceKernelName.TryParse(name.ToString(), out var read) && read == name, name.ToString());
        }
    }

    [TestCase("one_shot_bf16_p7_v1")]
    [TestCase("one_shot_bf16_p7_v1_h4096_n8")]
    [TestCase("one_shot_bf16_p7_v1_h4096_none")]
    [TestCase("one_shot_bf16_p07_v1_h4096_n8_none")]
    [TestCase("one_shot_bf8_p7_v1_h4096_n8_none")]
    [TestCase("one_shot_bf16_p7_v1_h4096_n8_fp8_residual")]
    [TestCase("epilogue_bf16_v1_h4096_n8_fp8")]
    [TestCase("scale")]
    [TestCase("one_shot_")]
    [TestCase("")]
    public void OfOtherKernelsAreNone(string name) => Assert.That(AllReduceKernelName.TryParse(name, out _), Is.False);

    [Test]
    public void OfModulesHoldTheItem()
    {
        var name = AllReduceKernelName.ModuleOf("llama-3.1", "bf16", new(true, "rmsnorm", "fp8"));

        Assert.That(name, Is.EqualTo("fusion-allreduce/llama-3.1.bf16.residual_rmsnorm_fp8"));
        Assert.That(AllReduceKernelName.IsModule(name) && !AllReduceKernelName.IsModule("kernels/scale"));
        Assert.That(AllReduceKernelName.ItemOf(name), Is.EqualTo("llama-3.1"));
    }

    public static IEnumerable<string> Epilogues() =>
        from residual in new[] { "", "residual" }
        from norm in AllReduceVocabulary.Norms.Select(norm => norm.Word).Prepend("")
        from quantization in AllReduceVocabulary.Quantizations.Select(row => row.Word).Concat(["", "fp8-group64", "fp8-group-ue8m0", "fp8-group8-ue8m0"])
        select string.Join('+', new[] { residual, norm, quantization }.Where(word => word.Length > 0)) is { Length: > 0 } words ? words : "none";
}
