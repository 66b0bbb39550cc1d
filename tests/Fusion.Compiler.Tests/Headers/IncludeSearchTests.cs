using Fusion.Build.Contract;
using Fusion.Compiler.Headers;

namespace Fusion.Compiler.Tests.Headers;

/// <summary>The way without NVRTC's help: following <c>#include</c> lines.</summary>
public sealed class IncludeSearchTests
{
    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("fusion-headers-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void QuotesLookBesideTheFileThatIncludesAndBracketsDoNot()
    {
        var source = Write("src/k.cu", "#include \"a.cuh\"\n  #  include <b.cuh>\n#include\"sub/c.cuh\"\n");
        var beside = Write("src/a.cuh", "");
        Write("src/b.cuh", "");
        var b = Write("two/b.cuh", "#include \"d.cuh\"\n");
        var c = Write("two/sub/c.cuh", "");
        var d = Write("two/d.cuh", "");

        var search = Search("one", "two");

        Assert.That(search.Scan(source), Is.EquivalentTo([beside, b, c, d]));
        Assert.That(ProbedInVain(search), Is.EquivalentTo([At("one/b.cuh"), At("src/sub/c.cuh"), At("one/sub/c.cuh")]));
    }

    [Test]
    public void ConditionsAndCommentsAreNotBelieved()
    {
        var source = Write("k.cu", "#if 0\n#include \"a.cuh\"\n#endif\n// #include \"b.cuh\"\n#if __has_include(<c.cuh>)\n#endif\n");
        string[] headers = [Write("a.cuh", ""), Write("b.cuh", ""), Write("one/c.cuh", "")];

        Assert.That(Search("one").Scan(source), Is.EquivalentTo(headers));
    }

    [Test]
    public void HeadersThatIncludeEachOtherAreFoundOnce()
    {
        var source = Write("k.cu", "#include \"a.cuh\"\n");
        var a = Write("a.cuh", "#include \"b.cuh\"\n");
        var b = Write("b.cuh", "#include \"a.cuh\"\n#include \"k.cu\"\n");

        Assert.That(Search().Scan(source), Is.EqualTo([a, b]));
    }

    [Test]
    public void ANameMadeByAMacroIsKnownByItsFolder()
    {
        var source = Write("k.cu", "#define H <h.cuh>\n#include H\n");
        var header = Write("two/h.cuh", "");
        var search = Search("one", "two");

        search.Note(source, [header]);

        Assert.That(ProbedInVain(search), Is.EquivalentTo([At("h.cuh"), At("one/h.cuh")]));
    }

    [TestCase("#define S(x) S2(x)\n#define S2(x) #x\n#include S(h.cuh)\n")]
    [TestCase("#define H \"h.cuh\"\n#include H\n")]
    [TestCase("#define HAS(x) __has_include(x)\n#if HAS(<h.cuh>)\n#endif\n")]
    [TestCase("#include /* why */ \"h.cuh\"\n")]
    [TestCase("#inc\\\nlude \"h.cuh\"\n")]
    [TestCase("%:include <h.cuh>\n")]
    [TestCase("#include_next <h.cuh>\n")]
    [TestCase("#if __has_include_next(<h.cuh>)\n#endif\n")]
    public void AnOddlyWrittenNameIsFoundAndSoAreThePlacesBeforeIt(string text)
    {
        var source = Write("k.cu", text);
        var header = Write("two/h.cuh", "");
        var search = Search("one", "two");

        Assert.That(search.Scan(source), Does.Contain(header));
        Assert.That(ProbedInVain(search), Does.Contain(At("one/h.cuh")));
    }

    [Test]
    public void AMacroOfTheOptionsMayNameAHeader()
    {
        var source = Write("k.cu", "#include H\n");
        var header = Write("two/h.cuh", "");

        Assert.That(Search("one", "two").Scan(source), Is.EqualTo([header]));
    }

    [TestCase("#ifdef __has_include\n#endif\n")]
    [TestCase("#if defined(__has_include) && __has_include(<h.cuh>)\n#endif\n")]
    [TestCase("#ifndef __has_include\n#define __has_include(x) 0\n#endif\n")]
    public void ToAskForHasIncludeItselfIsNoOddName(string text) => Assert.That(HeaderNames.In(text).Computes, Is.False);

    [Test]
    public void TwoDotsBehindALinkLeadToTheFolderAboveItsTarget()
    {
        var source = Write("src/k.cu", "#include \"link/../h.cuh\"\n");
        Write("src/h.cuh", "// not this one");
        Write("elsewhere/h.cuh", "// this one");
        Directory.CreateDirectory(At("elsewhere/deep"));
        Directory.CreateSymbolicLink(At("src/link"), At("elsewhere/deep"));
        var contents = new FileContents();

        var header = new IncludeSearch([], contents, []).Scan(source).Single();

        Assert.That(contents.Get(header)!.Text, Is.EqualTo("// this one"));
    }

    [Test]
    public void ALinkThatLeadsNowhereIsNoHeader()
    {
        var source = Write("k.cu", "#include <h.cuh>\n");
        Directory.CreateDirectory(At("one"));
        File.CreateSymbolicLink(At("one/h.cuh"), At("nowhere"));
        var header = Write("two/h.cuh", "");

        Assert.That(Search("one", "two").Scan(source), Is.EqualTo([header]));
    }

    [FsCheck.NUnit.Property]
    public void NoTextIsTooStrange(string? text) => Assert.That(() => HeaderNames.In(text ?? "").Directives.Count, Throws.Nothing);

    private static IEnumerable<string> ProbedInVain(IncludeSearch search) =>
        search.Probes([]).Where(probe => probe.Held == FileStamp.Nothing).Select(probe => probe.Path);

    private IncludeSearch Search(params string[] folders) => new([.. folders.Select(At)], new FileContents(), ["-DH=<h.cuh>"]);

    private string At(string path) => Path.Combine(folder, path);

    private string Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
        return At(path);
    }
}
