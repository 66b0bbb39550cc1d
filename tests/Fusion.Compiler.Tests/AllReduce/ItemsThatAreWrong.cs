using Fusion.Build.Contract;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.AllReduce;

public sealed class ItemsThatAreWrong
{
    private static readonly TestCaseData<Action<AllReduceRequest>, string, string>[] Mistakes =
    [
        new(item => item.HiddenSize = "", "FUSION1701", "'llama' has no HiddenSize. Expected all of HiddenSize=\"4096\""),
        new(item => (item.WorldSizes, item.Epilogues) = (";", ""), "FUSION1701", "'llama' has no WorldSizes and no Epilogues."),
        new(item => item.HiddenSize = "4095", "FUSION1702", "HiddenSize is '4095'; expected one multiple of 8 from 8 to 32768"),
        new(item => item.HiddenSize = "32776", "FUSION1702", "HiddenSize is '32776'"),
        new(item => item.HiddenSize = "-8", "FUSION1702", "HiddenSize is '-8'"),
        new(item => item.HiddenSize = "4096;5120", "FUSION1702", "HiddenSize is '4096;5120'; expected one"),
        new(item => (item.HiddenSize, item.Epilogues) = ("1000", "nvfp4"), "FUSION1702", "HiddenSize is 1000, and 'nvfp4' quantizes in blocks of 16"),
        new(item => (item.HiddenSize, item.Epilogues) = ("1008", "mxfp8"), "FUSION1702", "expected a multiple of 32"),
        new(item => (item.HiddenSize, item.Epilogues) = ("1032", "fp8-group"), "FUSION1702", "'fp8-group' quantizes in blocks of 128"),
        new(item => item.DataType = "bf16;fp64", "FUSION1703", "DataType has 'fp64'; expected one or more of bf16, f16, f32"),
        new(item => item.WorldSizes = "2;9", "FUSION1704", "WorldSizes has '9'; expected numbers of ranks of 2 to 8 and 16"),
        new(item => item.WorldSizes = "two", "FUSION1704", "WorldSizes has 'two'"),
        new(item => item.Epilogues = "residual+rmsnrom+fp8", "FUSION1705", $"'rmsnrom' is none of {string.Join(", ", EpilogueWords.All)}. Did you mean 'rmsnorm'?"),
        new(item => item.Epilogues = "fp8+residual", "FUSION1705", "'residual' is too late: the order is residual, norm, quantization"),
        new(item => item.Epilogues = "fp8+nvfp4", "FUSION1705", "'nvfp4' is too late"),
        new(item => item.Epilogues = "residual+none", "FUSION1705", "'none' is none of"),
        new(item => item.Epilogues = "residual+", "FUSION1705", "'' is none of"),
        new(item => item.Epilogues = "fp8-group0", "FUSION1705", "'fp8-group0' is none of"),
        new(item => item.Epilogues = "fp8-group4", "FUSION1705", "groups of 4 elements; expected a multiple of 8"),
        new(item => item.Name = "../llama", "FUSION1706", "'../llama': the name becomes a part of file names"),
        new(item => item.Name = "a b", "FUSION1706", "'a b': the name"),
    ];

    [TestCaseSource(nameof(Mistakes))]
    public void AreRefusedWithWhatWasFoundAndExpected(Action<AllReduceRequest> mistake, string code, string text)
    {
        var item = Items.Of();
        mistake(item);

        var (_, said) = Items.Read(item);

        Assert.That(said.Select(one => (one.Severity, one.Code)), Is.EqualTo([(DiagnosticSeverity.Error, code)]));
        Assert.That(said[0].Message, Does.Contain(text));
    }

    [Test]
    public void AreAllReportedAtOnce()
    {
        var (modules, said) = Items.Read(Items.Of(hidden: "7", type: "f8", ranks: "1", epilogues: "fp9"), Items.Of("good"));

        Assert.That(said.Select(one => one.Code), Is.EqualTo(["FUSION1702", "FUSION1703", "FUSION1704", "FUSION1705"]));
        Assert.That(modules.Select(module => module.Item), Is.EqualTo(["good"]));
    }

    [Test]
    public void MayNotShareAName()
    {
        var (_, said) = Items.Read(Items.Of("llama"), Items.Of("Llama", hidden: "5120"));

        Assert.That(said.Single().Code, Is.EqualTo("FUSION1706"));
        Assert.That(said[0].Message, Does.Contain("2 FusionAllReduce items are named 'llama'"));
    }

    [Test]
    public void MayNotAskForTheSameKernels()
    {
        var (_, said) = Items.Read(Items.Of("llama"), Items.Of("mistral", ranks: "4;8", epilogues: "none;residual+rmsnorm+fp8"));

        Assert.That(said.Single().Code, Is.EqualTo("FUSION1706"));
        Assert.That(said[0].Message, Does.Contain("'llama' and 'mistral' ask for the same kernels: 4096 bf16, 8 ranks, residual+rmsnorm+fp8"));
    }
}
