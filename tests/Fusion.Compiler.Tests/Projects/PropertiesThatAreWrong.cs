using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>A wrong property of a project is one error about the project, however many kernels have its value.</summary>
public sealed class PropertiesThatAreWrong() : NvrtcFixture("12.4")
{
    private static readonly TestCaseData<Action<KernelRequest>, string, string>[] Mistakes =
    [
        new(k => k["Architectures"] = "sm90", "FUSION1014", "FusionArchitectures is 'sm90'. 'sm90' is no GPU architecture."),
        new(k => k["Architectures"] = "; ;", "FUSION1014", "FusionArchitectures is '; ;'. No architecture is named."),
        new(k => k["Std"] = "c++99", "FUSION1020", "FusionStd is 'c++99'; expected one of"),
        new(k => k["MaxRegisters"] = "many", "FUSION1020", "FusionMaxRegisters is 'many'"),
        new(k => k["FastMath"] = "yes", "FUSION1020", "FusionFastMath is 'yes'"),
        new(k => k["LineInfo"] = "yes", "FUSION1020", "FusionLineInfo is 'yes'"),
        new(k => k["AdditionalOptions"] = "-std=c++20", "FUSION1020",
            "FusionAdditionalOptions has '-std=c++20'; use FusionArchitectures, FusionStd, FusionMaxRegisters or FusionPrecompiledHeaders instead."),
        new(k => k["AdditionalOptions"] = "--bogus", "FUSION1024", "unrecognized option --bogus found. Correct FusionStd or FusionAdditionalOptions"),
        new(k => k["AdditionalOptions"] = "-dlto", "FUSION1024", "An option in FusionAdditionalOptions asks for another kind of output"),
        new(k => k["Defines"] = "3X", "FUSION1024", "Correct FusionStd or FusionDefines"),
    ];

    [TestCaseSource(nameof(Mistakes))]
    public void AreOneErrorThatNamesTheProperty(Action<KernelRequest> mistake, string code, string text)
    {
        Project.Request.Defaults = new KernelRequest { ["Architectures"] = "sm_80", ["Std"] = "c++17" };
        mistake(Project.Request.Defaults);
        foreach (var file in new[] { "a.cu", "b.cu", "c.cu" }) mistake(Project.Add(file, KernelProject.Simple));

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo((code, "")));
        Assert.That(error.Message, Does.Contain(text));
    }

    [Test]
    public void AreNotBlamedForWhatAKernelSays()
    {
        Project.Request.Defaults = new KernelRequest { ["Architectures"] = "sm_80", ["Std"] = "c++17" };
        Project.Add("a.cu", KernelProject.Simple);
        Project.Add("b.cu", KernelProject.Simple, "sm90");

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1014", Project.PathOf("b.cu"))));
        Assert.That(error.Message, Does.StartWith("Architectures is 'sm90'"));
    }

    [Test]
    public void NameFoldersThatAreMissingOnce()
    {
        Project.Request.Defaults = new KernelRequest { ["IncludePaths"] = "gone" };
        foreach (var file in new[] { "a.cu", "b.cu" }) Project.Add(file, KernelProject.Simple)["IncludePaths"] = "gone";

        var warning = Project.Run().MustSucceed().Warnings.Single();

        Assert.That((warning.Code, warning.File), Is.EqualTo(("FUSION1022", "")));
        Assert.That(warning.Message, Does.StartWith($"FusionIncludePaths names '{Project.PathOf("gone")}'"));
    }

    [TestCase("sm90", "sm90", "FusionArchitectures is 'sm90'")]
    [TestCase("sm_80", "sm90", "FusionAllReduce 'llama': Architectures is 'sm90'")]
    public void OfAnAllReduceAreAboutTheProjectToo(string property, string item, string text)
    {
        Project.Request.Defaults = new KernelRequest { ["Architectures"] = property };
        Project.Add("k.cu", KernelProject.Simple, property);
        Project.Request.AllReduces.Add(new AllReduceRequest
        {
            Name = "llama",
            HiddenSize = "64",
            DataType = "bf16",
            WorldSizes = "2",
            Epilogues = "none",
            Architectures = item,
        });

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1014", "")));
        Assert.That(error.Message, Does.StartWith(text));
    }
}
