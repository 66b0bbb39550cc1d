using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Fresh is what has the same content at every place where a header was read, looked for or asked about.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class LinksAndProbes(bool mayTrace) : NvrtcFixture("12.4")
{
    private static readonly DateTime Old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [SetUp]
    public void UseHeaders() => Project.MayTrace = mayTrace;

    [TestCase("#if __has_include(<maybe.cuh>)\n#define V 1\n#endif\n")]
    [TestCase("#define MAYBE <maybe.cuh>\n#if __has_include(MAYBE)\n#define V 1\n#endif\n")]
    [TestCase("#define HAS(x) __has_include(x)\n#if HAS(\"maybe.cuh\")\n#define V 1\n#endif\n")]
    [TestCase("#if __has_include(OPTION)\n#define V 1\n#endif\n")]
    public void AHeaderThatIsAskedForComesAndGoes(string question)
    {
        WriteOld("inc/maybe.cuh", "");
        Compile(question);

        File.Delete(Project.PathOf("inc/maybe.cuh"));
        IsCompiledAgain("inc/maybe.cuh");

        WriteOld("early/maybe.cuh", "");
        IsCompiledAgain("early/maybe.cuh");
    }

    [Test]
    public void ALinkWhoseTargetChangesAndKeepsLengthAndTime()
    {
        WriteOld("far/k", Kernel("#include <h.cuh>\n// 1\n"));
        WriteOld("far/h", "#define V 1\n");
        MakeLink("k.cu", "far/k");
        MakeLink("inc/h.cuh", "far/h");
        CompileIt();

        WriteOld("far/h", "#define V 2\n");
        IsCompiledAgain("inc/h.cuh");

        WriteOld("far/k", Kernel("#include <h.cuh>\n// 2\n"));
        IsCompiledAgain("k.cu");
    }

    [Test]
    public void ALinkThatLeadsToAnotherFile()
    {
        WriteOld("far/1", "#define V 1\n");
        WriteOld("far/2", "#define V 2\n");
        MakeLink("inc/h.cuh", "far/1");
        Compile("#include <h.cuh>\n");

        MakeLink("inc/h.cuh", "far/2");

        IsCompiledAgain("inc/h.cuh");
    }

    [Test]
    public void AFolderThatBecomesALink()
    {
        WriteOld("inc/h.cuh", "#define V 1\n");
        WriteOld("far/h.cuh", "#define V 2\n");
        Compile("#include <h.cuh>\n");

        Directory.Delete(Project.PathOf("inc"), recursive: true);
        MakeLink("inc", "far");

        IsCompiledAgain("inc/h.cuh");
    }

    [Test]
    public void AFolderThatAppearsAsALink()
    {
        WriteOld("inc/h.cuh", "#define V 1\n");
        WriteOld("far/h.cuh", "#define V 2\n");
        Compile("#include <h.cuh>\n");

        MakeLink("early", "far");

        IsCompiledAgain("early/h.cuh");
    }

    [Test]
    public void TwoDotsBehindALink()
    {
        WriteOld("far/1/deep/x", "");
        WriteOld("far/1/h.cuh", "#define V 1\n");
        WriteOld("far/2/deep/x", "");
        WriteOld("far/2/h.cuh", "#define V 2\n");
        WriteOld("h.cuh", "#define V 0\n");
        MakeLink("link", "far/1/deep");
        Compile("#include \"link/../h.cuh\"\n");

        WriteOld("far/1/h.cuh", "#define V 3\n");
        IsCompiledAgain("link/../h.cuh");

        MakeLink("link", "far/2/deep");
        IsCompiledAgain("link/../h.cuh");
    }

    [Test]
    public void ALinkThatLedNowhere()
    {
        WriteOld("inc/h.cuh", "#define V 1\n");
        MakeLink("early/h.cuh", "nowhere");
        Compile("#include <h.cuh>\n");

        WriteOld("nowhere", "#define V 2\n");

        IsCompiledAgain("early/h.cuh");
    }

    [Test]
    public void AFolderOfHeadersInTheOptions()
    {
        WriteOld("far/h.cuh", "#define V 1\n");
        Compile("#include <h.cuh>\n");

        WriteOld("option/h.cuh", "#define V 2\n");

        IsCompiledAgain("option/h.cuh");
    }

    [Test]
    public void WhatLinksLeadToIsWatchedToo()
    {
        WriteOld("far/1", "#define V 1\n");
        WriteOld("far/2", Kernel("#include <h.cuh>\n"));
        MakeLink("inc/h.cuh", "far/1");
        MakeLink("k.cu", "far/2");
        CompileIt();

        var state = Fusion.Build.Contract.BuildState.Read(Project.Request.StateFile)!;

        Assert.That(state.Watched, Is.EquivalentTo([Project.PathOf("far/1"), Project.PathOf("far/2"), Project.PathOf("inc/h.cuh")]));
    }

    private static string Kernel(string include) =>
        include + "#ifndef V\n#define V 0\n#endif\nextern \"C\" __global__ void k(int* x) { *x = V; }\n";

    private void Compile(string include)
    {
        Project.Write("k.cu", Kernel(include));
        CompileIt();
    }

    private void CompileIt()
    {
        var kernel = Project.AddExisting("k.cu");
        kernel["IncludePaths"] = "early;inc";
        kernel["Defines"] = "OPTION=<maybe.cuh>";
        kernel["AdditionalOptions"] = "-Ioption;--include-path=far";
        Project.Run().MustSucceed();
        Assert.That(Project.WhyStale(), Is.Null);
    }

    private void IsCompiledAgain(string because)
    {
        Assert.That(Project.WhyStale(), Is.EqualTo($"'{Path.Combine(Project.Root, because)}' changed"));
        Assert.That(Project.Run().MustSucceed().Compiled, Has.Count.EqualTo(1));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    private void MakeLink(string link, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Project.PathOf(link))!);
        File.Delete(Project.PathOf(link));
        File.CreateSymbolicLink(Project.PathOf(link), Project.PathOf(target));
    }

    private void WriteOld(string file, string text) => File.SetLastWriteTimeUtc(Project.Write(file, text), Old);
}
