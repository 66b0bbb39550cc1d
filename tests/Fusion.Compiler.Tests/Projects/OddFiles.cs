using System.Text;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class OddFiles(string nvrtc) : NvrtcFixture(nvrtc)
{
    [Test]
    public void AByteOrderMarkAndWindowsLineEndsAreFine()
    {
        Project.Write("k.cu", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(KernelProject.Simple.Replace("\n", "\r\n", StringComparison.Ordinal))]);
        Project.AddExisting("k.cu");

        Project.Run().MustSucceed();
    }

    [Test]
    public void AByteOrderMarkInAHeaderIsExplained()
    {
        Project.Write("h.cuh", [.. Encoding.UTF8.Preamble, .. "#pragma once\n"u8]);
        Project.Add("k.cu", "#include \"h.cuh\"\n" + KernelProject.Simple);

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File, error.Line), Is.EqualTo(("FUSION1007", Project.PathOf("h.cuh"), 1)));
        Assert.That(error.Message, Does.Contain("byte order mark"));
    }

    [TestCase("")]
    [TestCase("\r\n \t\n")]
    [TestCase("\uFEFF")]
    public void AnEmptyFileIsAnErrorThatSaysSo(string text)
    {
        Project.Add("k.cu", text);

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1004", Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain("empty"));
    }

    [Test]
    public void AFileWithoutKernelsIsAWarning()
    {
        Project.Add("k.cu", "template <typename T> __global__ void scale(T* x) { *x *= 2; }\n");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings.Single().Code, Is.EqualTo("FUSION1006"));
        Assert.That(run.Warnings[0].Message, Does.Contain("NameExpressions"));
        Assert.That(Project.Files, Does.Contain("k.sm_80.cubin"));
    }

    [Test]
    public void ASourceOutsideTheProjectFindsWhatStandsBesideIt()
    {
        Project.Write("../elsewhere ü/h.cuh", "#define TWICE 2\n");
        Project.Write("../elsewhere ü/k.cu", "#include \"h.cuh\"\nextern \"C\" __global__ void k(float* x) { *x *= TWICE; }\n");
        Project.AddExisting("../elsewhere ü/k.cu").Name = "k";

        Project.Run().MustSucceed();

        Assert.That(Project.Manifest.Modules[0].Source, Is.EqualTo("k.cu"));
    }

    [Test]
    public void DefinesAndFoldersMayHaveBlanks()
    {
        Project.Write("my headers/h.cuh", "#pragma once\n");
        var kernel = Project.Add("k.cu", "#include <h.cuh>\nextern \"C\" __global__ void k(int* x) { *x = SUM; }\n");
        kernel["IncludePaths"] = "my headers/";
        kernel["Defines"] = "SUM=1 + 2;OTHER";

        Project.Run().MustSucceed();
    }
}
