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
        Assert.That(search.Vain, Is.EquivalentTo([At("one/b.cuh"), At("src/sub/c.cuh"), At("one/sub/c.cuh")]));
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

        search.NoteVain(source, [header]);

        Assert.That(search.Vain, Is.EqualTo([At("one/h.cuh")]));
    }

    [FsCheck.NUnit.Property]
    public void NoTextIsTooStrange(string? text) => Assert.That(() => IncludeDirectives.In(text ?? "").Count(), Throws.Nothing);

    private IncludeSearch Search(params string[] folders) => new([.. folders.Select(At)], new FileContents());

    private string At(string path) => Path.Combine(folder, path);

    private string Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
        return At(path);
    }
}
