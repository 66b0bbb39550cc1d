using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.CommandLine;

/// <summary>Writing fails in the middle of a file.</summary>
public sealed class ADiskThatIsFull() : NvrtcFixture("12.4")
{
    private const int Kilobytes = 32;
    private const string Large = "__device__ const int table[20000] = {1};\nextern \"C\" __global__ void k(int* x) { *x = table[*x]; }\n";

    [Test]
    public void IsAnErrorThatNamesTheImageAndNothingHalfWrittenIsLeft()
    {
        Project.Add("small.cu", KernelProject.Simple);
        Project.Add("large.cu", Large);

        var error = Compile(out var exitCode).Single(d => d.Severity == DiagnosticSeverity.Error);

        Assert.That((exitCode, error.Code), Is.EqualTo((1, "FUSION1031")));
        Assert.That(error.Message, Does.Contain(Path.Combine(Project.Images, "large.sm_80.cubin")).And.Contain("free space"));
        Assert.That(Project.Files, Has.Some.EqualTo("small.sm_80.cubin").And.None.StartsWith("large.sm_80.cubin").And.None.StartsWith("large.sm_80.job"));
        Assert.That(Project.WhyStale(), Is.EqualTo("there is no state"));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["large.cu -> sm_80"]));
        Assert.That(Project.Files, Has.None.EndsWith(".fusion-part"));
    }

    [Test]
    public void OfTheCacheIsAMessageAndTheBuildIsRight()
    {
        var cache = Project.PathOf("../cache");
        (Project.Request.Cache, Project.Request.CachePath) = (true, cache);
        // The machine code fits, and the entry, which has the PTX too, does not.
        Project.Add("k.cu", "extern \"C\" __global__ void k(float* x) { float y = *x;\n#pragma unroll\nfor (int i = 0; i < 600; i++) y = y * 1.1f + i;\n*x = y; }\n");

        var said = Compile(out var exitCode);

        Assert.That(exitCode, Is.Zero, string.Join('\n', said));
        Assert.That(said.Count(d => d.Message.Contains("without the compile cache", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(cache, "*.fusion-part", SearchOption.AllDirectories), Is.Empty);
        Assert.That(Project.WhyStale(), Is.Null);
    }

    private Diagnostic[] Compile(out int exitCode)
    {
        var request = Project.Write("obj/request", Project.Request.ToText());
        var run = CompilerProcess.RunWithSmallFiles(Kilobytes, Project.Root, Nvrtc, "--request", request);
        exitCode = run.ExitCode;
        return [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Diagnostic.TryParse).OfType<Diagnostic>()];
    }
}
