using System.Text.RegularExpressions;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

/// <summary>The kernels that kernels/cu/README.md shows.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed partial class ExamplesOfTheReadme(string nvrtc) : NvrtcFixture(nvrtc)
{
    private static readonly string Root = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");

    [Test]
    public void CompileAsPrinted()
    {
        Project.Request.FusionIncludePath = Root;
        var examples = Example().Matches(File.ReadAllText(Path.Combine(Root, "README.md"))).Select(match => match.Groups["code"].Value).ToList();
        foreach (var (i, code) in examples.Index()) Project.Add($"example{i}.cu", code, "sm_80;sm_90");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings, Is.Empty, run.ToString());
        Assert.That(Project.Manifest.Modules.SelectMany(module => module.Images[0].Kernels).Select(kernel => kernel.Name),
            Is.EquivalentTo(["quantize_rows", "all_gather"]));
    }

    [GeneratedRegex("""^```cpp\n(?<code>.*?)^```$""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();
}
