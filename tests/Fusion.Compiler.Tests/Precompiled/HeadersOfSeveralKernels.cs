using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Precompiled;

/// <summary>Kernels that begin with the same headers, with an NVRTC that precompiles them: 12.8 or later, which FUSION_TEST_NVRTC names.</summary>
[Category("Nightly")]
public sealed class HeadersOfSeveralKernels() : NvrtcFixture("12.4")
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e", "f"];

    // More than PrecompiledHeader.LeastBytes.
    private static string Large(int value) => "#pragma once\n" + string.Concat(Enumerable.Range(0, 400).Select(i =>
        $"template <class T> __device__ inline T large{i}(T x) {{ return x * {i} + {value}; }} // A line of a large header.\n"));

    [SetUp]
    public void UseAnNvrtcThatPrecompiles()
    {
        Project.Request.NvrtcPath = NvrtcUnderTest.ThatPrecompiles ?? "";
        if (Project.Request.NvrtcPath.Length == 0) Assert.Ignore("FUSION_TEST_NVRTC names no NVRTC.");
        Project.Write("inc/large.cuh", Large(1));
    }

    [TestCase(1)]
    [TestCase(4)]
    public void AreReadOnceWithTheSameBitsRecordsAndWords(int threads)
    {
        Project.Request.MaxParallelism = threads;
        Project.Write("inc/large.cuh", Large(1) + "inline __device__ int odd(unsigned x) { return x < 0; }\n");
        AddKernels("sm_80;sm_90;compute_90");
        Project.Write("inc/own.cuh", "#define OWN 1\n");
        Project.Add("own.cu", "// A comment.\n#include \"inc/large.cuh\"\n#include \"inc/own.cuh\"\n\n#if OWN\n#include \"inc/own.cuh\"\n#endif\n"
            + "template <class T> __global__ void own(T* x) { int unused; x[0] = large3(x[1]) + OWN + __LINE__; }\n")["NameExpressions"] = "own<float>;own<int>";
        Project.Request.Kernels[^1]["LineInfo"] = "true";

        var without = Files("false");
        var with = Files("auto");

        Assert.That(with.Run.ToString(), Does.Contain("Precompiled for sm_80, 1 headers: #include \"inc/large.cuh\"").And.Contain("Precompiled for sm_90"));
        Assert.That(without.Run.ToString(), Does.Not.Contain("recompiled for"));
        Assert.That(with.Content, Is.EqualTo(without.Content));
        Assert.That(with.Run.Warnings.Select(w => w.ToString()), Is.EqualTo(without.Run.Warnings.Select(w => w.ToString())).And.Not.Empty);
    }

    [Test]
    public void OfTwoFoldersAreTheirOwnUnderEqualNames()
    {
        foreach (var (folder, value) in new[] { ("one", 1), ("two", 2) })
        {
            Project.Write($"{folder}/large.cuh", Large(value));
            foreach (var name in Names) Project.Add($"{folder}/{name}.cu", Kernel(name, "large.cuh"));
        }

        var without = Files("false");
        var with = Files("true");

        Assert.That(with.Run.ToString().Split("Precompiled for"), Has.Length.EqualTo(3), "one for each folder");
        Assert.That(with.Content, Is.EqualTo(without.Content));
    }

    [Test]
    public void AreSeenToChange()
    {
        AddKernels("sm_80");
        Assert.That(Precompiled(Project.Run()), Is.EqualTo(1));
        Assert.That(Project.WhyStale(), Is.Null);

        Project.Write("inc/large.cuh", Large(2));

        Assert.That(Project.WhyStale(), Is.EqualTo($"'{Project.PathOf("inc/large.cuh")}' changed"));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(Names.Select(name => $"{name}.cu -> sm_80")));
        Assert.That(File.ReadAllText(Project.PathOf("obj/fusion/f.sm_80.job.json")), Does.Contain("large.cuh"));
    }

    [Test]
    public void ThatChangeDuringTheRunAreCompiledAgain()
    {
        AddKernels("sm_80");
        var first = Project.RunAndMeanwhile(() => { }, () => Project.Write("inc/large.cuh", Large(2)));

        Assert.That(Precompiled(first), Is.EqualTo(1), "before the third kernel, which takes it");
        Assert.That(Project.WhyStale(), Does.Contain(Project.PathOf("inc/large.cuh")));
        var second = Files("auto", anew: false);
        Assert.That(second.Content, Is.EqualTo(Files("false").Content));
    }

    [Test]
    public void AreNotPrecompiledWhereTheyNameTheKernelsFile()
    {
        Project.Write("inc/large.cuh", Large(1) + "inline __device__ const char* base() { return __BASE_FILE__; }\n");
        AddKernels("sm_80");

        var run = Project.Run().MustSucceed();

        Assert.That(run.ToString(), Does.Contain("Nothing is precompiled for sm_80 of: #include \"inc/large.cuh\""));
    }

    [Test]
    public void HideNoErrorOfAKernel()
    {
        AddKernels("sm_80");
        Project.Write("f.cu", Kernel("f") + "__global__ void wrong() { unknown(); }\n");

        var error = Project.Run().OnlyError();

        Assert.That((error.File, error.Line, error.Code), Is.EqualTo((Project.PathOf("f.cu"), 3, "FUSION1001")));
    }

    [Test]
    public void WithAnErrorAreToldAsWithout()
    {
        Project.Write("inc/large.cuh", Large(1) + "__device__ int wrong() { return unknown; }\n");
        AddKernels("sm_80");

        var run = Project.Run();

        Assert.That(run.Errors.Select(error => error.File).Distinct(), Is.EqualTo([Project.PathOf("inc/large.cuh")]));
    }

    [Test]
    public void AreReadAnewByEachKernelWhereOneIsCompiledAlone()
    {
        AddKernels("sm_80");
        Project.Run().MustSucceed();
        Project.Write("c.cu", Kernel("c") + "\n");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Compiled, Is.EqualTo(["c.cu -> sm_80"]));
        Assert.That(Precompiled(run), Is.Zero);
    }

    private static int Precompiled(KernelRun run) => run.MustSucceed().Said.Count(said => said.Message.StartsWith("Precompiled for", StringComparison.Ordinal));

    private static string Kernel(string name, string header = "inc/large.cuh") =>
        $"#include \"{header}\"\nextern \"C\" __global__ void {name}(float* x) {{ int unused; x[0] = large7(x[1]); }}\n";

    private void AddKernels(string architectures)
    {
        foreach (var name in Names) Project.Add($"{name}.cu", Kernel(name), architectures);
    }

    private (KernelRun Run, Dictionary<string, string> Content) Files(string precompiled, bool anew = true)
    {
        if (anew && Directory.Exists(Project.Images)) Directory.Delete(Project.Images, recursive: true);
        foreach (var kernel in Project.Request.Kernels) kernel["PrecompiledHeaders"] = precompiled;
        var run = Project.Run().MustSucceed();
        return (run, Project.Files.ToDictionary(file => file, file => Hash.Of(File.ReadAllBytes(Path.Combine(Project.Images, file)))));
    }
}
