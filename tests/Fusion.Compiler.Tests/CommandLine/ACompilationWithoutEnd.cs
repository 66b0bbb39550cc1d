using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.CommandLine;

/// <summary>A kernel that NVRTC does not come to an end with.</summary>
public sealed class ACompilationWithoutEnd() : NvrtcFixture("12.4")
{
    private const string Never = """
        template <int N, int M> struct Deep { static constexpr int value = Deep<N - 1, M>::value + Deep<N - 1, M + N>::value; };
        template <int M> struct Deep<0, M> { static constexpr int value = M; };
        extern "C" __global__ void k(int* x) { *x = Deep<150, 0>::value; }

        """;

    [Test]
    public void IsGivenUpByNameAndTheNextBuildGoesOnWithTheRest()
    {
        for (var i = 0; i < 2; i++) Project.Add($"good{i}.cu", KernelProject.Simple);
        Project.Add("never.cu", Never);
        Project.Add("rest.cu", KernelProject.Simple);
        // Seconds of work: a busy machine does not use them up.
        Project.Request.CompileTimeout = 2;
        Project.Request.MaxParallelism = 1;
        var request = Project.Write("obj/request", Project.Request.ToText());

        var run = CompilerProcess.Run(Project.Root, Nvrtc, "--request", request);

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((1, "")), run.Output);
        var said = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Diagnostic.TryParse).OfType<Diagnostic>().ToList();
        var error = said.Single(d => d.Severity == DiagnosticSeverity.Error);
        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1035", Project.PathOf("never.cu"))));
        Assert.That(error.Message, Does.Contain("for sm_80 within 2 seconds").And.Contain("1 other compilations").And.Contain("FusionCompileTimeout"));
        Assert.That(Project.WhyStale(), Is.EqualTo("there is no state"));
        Assert.That(Project.Files, Has.None.StartsWith("never").And.None.EndsWith(".fusion-part"));

        Project.Write("never.cu", Never.Replace("150", "3", StringComparison.Ordinal));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["never.cu -> sm_80", "rest.cu -> sm_80"]), "the good ones were done");
    }
}
