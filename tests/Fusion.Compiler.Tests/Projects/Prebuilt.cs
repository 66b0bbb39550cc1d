using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Images that another folder of the same project made, on a machine without NVRTC.</summary>
public sealed class Prebuilt() : NvrtcFixture("12.4")
{
    private const string Source = "#include \"h.cuh\"\n#include <in_folder.cuh>\n" + KernelProject.Simple;

    [SetUp]
    public void TheImagesAreMadeAndTheMachineIsLeft()
    {
        Project.Write("h.cuh", "#define FACTOR 2\n");
        Project.Write("folder/in_folder.cuh", "#pragma once\n");
        Project.Add("k.cu", Source, "sm_80;compute_80")["IncludePaths"] = "folder";
        Project.Run().MustSucceed();

        Directory.Move(Project.Images, Project.PathOf("prebuilt"));
        Project.Request.PrebuiltPath = "prebuilt";
        Project.Request.NvrtcPath = Project.PathOf("no nvrtc here");
    }

    [Test]
    public void AreTakenWithoutNvrtc()
    {
        var run = Project.Run().MustSucceed();

        Assert.That(run.Compiled, Is.Empty);
        Assert.That(run.Closing, Does.StartWith("2 prebuilt images, made by NVRTC 12.4, from '"));
        foreach (var file in new[] { "k.sm_80.cubin", "k.compute_80.ptx", "manifest.json", "sources.json" })
        {
            var taken = File.ReadAllBytes(Path.Combine(Project.Images, file));
            Assert.That(taken, Is.EqualTo(File.ReadAllBytes(Project.PathOf($"prebuilt/{file}"))), file);
        }

        Assert.That(Project.WhyStale(), Is.Null);
    }

    [Test]
    public void AreTakenWhereTheFolderOfHeadersLiesElsewhere()
    {
        Directory.Move(Project.PathOf("folder"), Project.PathOf("moved"));
        Project.Request.Kernels[0]["IncludePaths"] = "moved";

        Project.Run().MustSucceed();
    }

    [TestCase("k.cu", "the source has another content")]
    [TestCase("h.cuh", "the header 'h.cuh' has another content")]
    [TestCase("folder/in_folder.cuh", "the header 'IncludePaths[0]/in_folder.cuh' has another content")]
    public void AreStaleWhereAFileChanged(string file, string difference)
    {
        Project.Run().MustSucceed();
        File.AppendAllText(Project.PathOf(file), "// changed\n");
        Assert.That(Project.WhyStale(), Is.Not.Null);

        ExpectStale(difference);
    }

    [Test]
    public void AreStaleWhereAHeaderIsGoneOrNew()
    {
        File.Delete(Project.PathOf("h.cuh"));
        ExpectStale("the header 'h.cuh' is gone");

        Project.Write("h.cuh", "#define FACTOR 2\n");
        Project.Write("in_folder.cuh", "#pragma once\n");
        Project.Request.Kernels[0]["IncludePaths"] = ".;folder";
        ExpectStale("the header 'IncludePaths[0]/in_folder.cuh' has another content", "it includes", "is gone");
    }

    [Test]
    public void AreStaleWhereOptionsOrNamesOrArchitecturesDiffer()
    {
        var kernel = Project.Request.Kernels[0];
        kernel["Defines"] = "NEW=1";
        ExpectStale("its options were '-std=c++17' and are '-std=c++17 -DNEW=1'");

        (kernel["Defines"], kernel["NameExpressions"]) = ("", "scale<float>");
        ExpectStale("its name expressions were '' and are 'scale<float>'");

        (kernel["NameExpressions"], kernel["Architectures"]) = ("", "sm_80;sm_90");
        ExpectStale("they are for 'sm_80;compute_80' (sm_80, compute_80), and the project wants 'sm_80;sm_90'");

        (kernel.Name, kernel["Architectures"]) = ("other", "sm_80");
        ExpectStale("there is no kernel of that name");
    }

    [Test]
    public void MayHaveMoreArchitecturesThanTheProjectWants()
    {
        Project.Request.Kernels[0]["Architectures"] = "compute_80";

        Project.Run().MustSucceed();

        Assert.That(Project.Files, Does.Contain("k.compute_80.ptx").And.Not.Contain("k.sm_80.cubin"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void ThatAreDamagedOrMissingAreAnError(bool damaged)
    {
        File.Delete(Project.PathOf("prebuilt/k.sm_80.cubin"));
        if (damaged) Project.Write("prebuilt/k.sm_80.cubin", "damaged");

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1042", Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain("k.sm_80.cubin"));
        Assert.That(Project.WhyStale(), Is.Not.Null);
    }

    [TestCase("k.sm_80.cubin")]
    [TestCase("k.compute_80.ptx")]
    public void ThatWereMadeOfAnotherSourceAreAnError(string image)
    {
        var ours = File.ReadAllText(Project.PathOf("prebuilt/sources.json"));
        (Project.Request.PrebuiltPath, Project.Request.NvrtcPath) = ("", NvrtcUnderTest.Folder("12.4"));
        Project.Write("k.cu", Source.Replace("*= 2", "*= 3"));
        Project.Run().MustSucceed();
        Directory.Delete(Project.PathOf("prebuilt"), recursive: true);
        Directory.Move(Project.Images, Project.PathOf("prebuilt"));
        Project.Write("k.cu", Source);
        Project.Write("prebuilt/sources.json", ours);
        Project.Request.PrebuiltPath = "prebuilt";
        Project.Request.Kernels[0]["Architectures"] = image.Split('.')[1];

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1042", Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain(image).And.Contain("sources.json").And.Contain("another source"));
    }

    [TestCase("nowhere")]
    [TestCase("folder")]
    public void AFolderWithoutThemIsAnError(string folder)
    {
        Project.Request.PrebuiltPath = folder;

        var error = Project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1040"));
        Assert.That(error.Message, Does.Contain(Project.PathOf(folder)).And.Contain("FusionExportKernels"));
    }

    private void ExpectStale(params string[] oneOf)
    {
        var error = Project.Run().OnlyError();
        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1041", Project.PathOf("k.cu"))));
        var isNamed = oneOf.Any(difference => error.Message.Contains(difference, StringComparison.Ordinal));
        Assert.That(isNamed, Is.True, error.Message);
    }
}
