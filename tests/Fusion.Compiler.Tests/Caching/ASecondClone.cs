namespace Fusion.Compiler.Tests.Caching;

/// <summary>What a project finds in the cache after another clone of it was built.</summary>
[TestFixture("11.8", true, Category = "Nightly")]
[TestFixture("12.4", true)]
[TestFixture("12.4", false)]
public sealed class ASecondClone(string nvrtc, bool mayTrace)
{
    private const string UsesHeader = "#include <h.cuh>\nextern \"C\" __global__ void k(int* x) { *x = VALUE; }\n";
    private TwoClones clones = null!;

    [SetUp]
    public void Create() => clones = new TwoClones(nvrtc, mayTrace);

    [TearDown]
    public void Remove() => clones.Dispose();

    [Test]
    public void CompilesNothingAndHasTheSameImages()
    {
        clones.Write("inc/h.cuh", "#include <sdk/inner.cuh>\n#include \"beside.cuh\"\n");
        clones.Write("inc/beside.cuh", "#define VALUE INNER\n");
        clones.Write("../sdk of a clone/sdk/inner.cuh", "#define INNER 1\n");
        clones.Write("../sources/h2.cuh", "#define TWO 2\n");
        clones.Both(clone => clone.Request.FusionIncludePath = clone.PathOf("../sdk of a clone"));
        clones.Add("kernels/a.cu", UsesHeader, "sm_80;compute_80;sm_90");
        clones.Add("../sources/b.cu", "#include \"h2.cuh\"\ntemplate <typename T> __global__ void scale(T* x) { *x *= TWO; }\n");
        clones.Both(clone => (clone.Request.Kernels[1].Name, clone.Request.Kernels[1]["NameExpressions"]) = ("b", "scale<float>"));

        var second = clones.FirstThenSecond();

        Assert.That(second.Compiled, Is.Empty);
        Assert.That(second.Cached, Has.Count.EqualTo(3));
        Assert.That(second.Closing, Does.StartWith("0 images compiled, 4 from the compile cache, 0 up to date"));
        foreach (var file in clones.First.Files.Where(f => !f.EndsWith(".job.json", StringComparison.Ordinal)))
        {
            Assert.That(File.ReadAllBytes(Path.Combine(clones.Second.Images, file)),
                Is.EqualTo(File.ReadAllBytes(Path.Combine(clones.First.Images, file))), file);
        }

        Assert.That(clones.Second.WhyStale(), Is.Null);
        Assert.That(clones.Second.Run().MustSucceed().Closing, Does.StartWith("0 images compiled, 4 up to date"));
    }

    [Test]
    public void IsRebuiltByItsOwnHeadersAfterwards()
    {
        clones.Write("inc/h.cuh", "#define VALUE 1\n");
        clones.Add("a.cu", UsesHeader);
        clones.FirstThenSecond();

        clones.Second.Write("inc/h.cuh", "#define VALUE 22\n");

        Assert.That(clones.Second.WhyStale(), Does.Contain(clones.Second.PathOf("inc/h.cuh")));
        Assert.That(clones.Second.Run().MustSucceed().Compiled, Is.EqualTo(["a.cu -> sm_80"]));
    }

    [Test]
    public void SaysTheWarningsWithItsOwnPaths()
    {
        clones.Write("../shared/h.cuh", "__device__ inline void f() { int inHeader; }\n");
        clones.Both(clone => clone.Request.FusionIncludePath = clone.PathOf("../shared"));
        clones.Add("a.cu", "#include <h.cuh>\nextern \"C\" __global__ void k() { int inSource; f(); }\n");

        var second = clones.FirstThenSecond();

        Assert.That(second.Cached, Has.Count.EqualTo(1));
        Assert.That(second.Warnings.Select(w => (w.Code, w.File, w.Line)), Is.EquivalentTo(new[]
        {
            ("FUSION1002", clones.Second.PathOf("../shared/h.cuh"), 1), ("FUSION1002", clones.Second.PathOf("a.cu"), 2),
        }));
        Assert.That(string.Concat(second.Warnings).Any(char.IsControl), Is.False, "no mark is left");
    }

    [TestCase("inc/h.cuh", "#define VALUE 2\n", Description = "another header")]
    [TestCase("first/h.cuh", "#define VALUE 1\n", Description = "a header that is found earlier")]
    [TestCase("inc/maybe.cuh", "", Description = "a header that __has_include missed")]
    [TestCase("inc/there.cuh", null, Description = "one fewer that __has_include found")]
    [TestCase("a.cu", UsesHeader + "\n", Description = "another source")]
    public void WithAFileOfItsOwnCompiles(string file, string? text)
    {
        clones.Write("inc/h.cuh", "#define VALUE 1\n");
        clones.Write("inc/there.cuh", "");
        clones.Add("a.cu", "#if !__has_include(<maybe.cuh>) && __has_include(<there.cuh>)\n#endif\n" + UsesHeader, includePaths: "first;inc");
        if (text is null) File.Delete(clones.Second.PathOf(file));
        else clones.Second.Write(file, text);

        Assert.That(clones.FirstThenSecond().Compiled, Is.EqualTo(["a.cu -> sm_80"]));
    }

    [Test]
    public void WithOtherOptionsCompiles()
    {
        clones.Write("inc/h.cuh", "#define VALUE 1\n");
        foreach (var name in new[] { "a", "b", "c", "d", "e" }) clones.Add($"{name}.cu", UsesHeader);
        clones.Second.Request.Kernels[0]["Defines"] = "X=1";
        clones.Second.Request.Kernels[1]["Std"] = "c++14";
        clones.Second.Request.Kernels[2]["FastMath"] = "true";
        clones.Second.Request.Kernels[3]["Architectures"] = "sm_90";
        clones.Second.Request.Kernels[4]["NameExpressions"] = "k";

        Assert.That(clones.FirstThenSecond().Cached, Is.Empty);
    }

    [Test]
    public void WhoseHeaderLiesOutsideAllItsFoldersCompiles()
    {
        clones.Add("a.cu", "#include \"../near/h.cuh\"\nextern \"C\" __global__ void k(int* x) { *x = VALUE; }\n");
        clones.First.Write("../near/h.cuh", "#define VALUE 1\n");
        clones.Second.Write("../near/h.cuh", "#define VALUE 2\n");

        Assert.That(clones.FirstThenSecond().Compiled, Is.EqualTo(["a.cu -> sm_80"]));
        Assert.That(clones.Second.Manifest.Modules[0].Images[0].Sha256, Is.Not.EqualTo(clones.First.Manifest.Modules[0].Images[0].Sha256));
    }

    [Test]
    public void ThatHadAnOldVersionOfAHeaderAgainFindsThatVersion()
    {
        clones.Write("inc/h.cuh", "#define VALUE 1\n");
        clones.Add("a.cu", UsesHeader);
        clones.FirstThenSecond();
        foreach (var text in new[] { "#define VALUE 2\n", "#define VALUE 1\n", "#define VALUE 2\n" })
        {
            clones.Second.Write("inc/h.cuh", text);
            clones.Second.Run().MustSucceed();
        }

        Assert.That(clones.Entries, Has.Length.EqualTo(2));
        Assert.That(clones.Second.Run().MustSucceed().Closing, Does.StartWith("0 images compiled, 1 up to date"));
    }
}
