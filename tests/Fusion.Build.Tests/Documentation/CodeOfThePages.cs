using System.Xml.Linq;

namespace Fusion.Build.Tests.Documentation;

/// <summary>No block of code in README or docs escapes: each is a part of a program that is built, lines of a file that is
/// compiled, or says why it cannot be.</summary>
public sealed class CodeOfThePages
{
    private static readonly string[] Built = ["csharp", "cuda", "xml"];
    private static readonly IReadOnlyList<Snippet> Snippets = Snippet.All();

    [TestCaseSource(typeof(Snippet), nameof(Snippet.Pages))]
    public void SaysWhatItIs(string page)
    {
        foreach (var snippet in Snippets.Where(snippet => snippet.Page == page && Built.Contains(snippet.Language)))
        {
            Assert.That(snippet.Kind, Is.AnyOf("file", "from", "other"),
                $"{snippet.Place}: say behind ```{snippet.Language} what the block is: file=PROGRAM/PATH, from=PATH or other=REASON");
        }
    }

    [TestCaseSource(nameof(Excerpts))]
    public void FromAnotherFileIsThere(string place)
    {
        var snippet = Snippets.Single(snippet => snippet.Place == place);
        Assert.That(Lines(Snippet.Read(snippet.Target)), Does.Contain(Lines(snippet.Text)), $"{place} is not in {snippet.Target}");
    }

    [Test]
    public void InXmlIsXml()
    {
        foreach (var snippet in Snippets.Where(snippet => snippet.Language == "xml"))
            Assert.That(() => XDocument.Parse($"<Fragment>{snippet.Text}</Fragment>"), Throws.Nothing, snippet.Place);
    }

    [Test]
    public void IsReadWithItsMarks()
    {
        var page = "```csharp file=a/B.cs\nx;\n```\ntext\n   ```xml other=why\n   <a />\n     <b />\n   ```\n```\nplain\n```\n```text output=a gpu\n1\n```\n";

        Assert.That(Snippet.Of("p", page), Is.EqualTo(new Snippet[]
        {
            new("p", 1, "csharp", "file", "a/B.cs", "x;\n"), new("p", 5, "xml", "other", "why", "<a />\n  <b />\n"),
            new("p", 9, "", "", "", "plain\n"), new("p", 12, "text", "output", "a gpu", "1\n"),
        }));
    }

    private static IEnumerable<string> Excerpts => Snippets.Where(snippet => snippet.Kind == "from").Select(snippet => snippet.Place);

    // A page leaves out the indentation of the file, or of its list.
    private static string Lines(string text) => string.Join('\n', text.Trim().Split('\n').Select(line => line.Trim()));
}
