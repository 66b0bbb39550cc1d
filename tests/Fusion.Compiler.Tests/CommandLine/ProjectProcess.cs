using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Tests.Shared;

namespace Fusion.Compiler.Tests.CommandLine;

/// <summary>fusionc as the build task starts it.</summary>
public sealed class ProjectProcess() : NvrtcFixture("12.4")
{
    [Test]
    public void EveryLineOfItsOutputIsADiagnostic()
    {
        Project.Add("k.cu", KernelProject.Simple);

        var run = CompilerProcess.Run(Project.Root, Nvrtc, "--request", WriteRequest());

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")));
        Assert.That(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Diagnostic.TryParse(l)?.Message),
            Has.None.Null.And.Some.StartsWith("k.cu -> sm_80 (cubin ").And.Some.StartsWith("1 images compiled"));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    [TestCase("--request")]
    [TestCase("--launchers")]
    public void ARequestThatCannotBeReadIsAnError(string option)
    {
        Project.Write("request", "something else\n");

        var run = CompilerProcess.Run(Project.Root, Nvrtc, option, Project.PathOf("request"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(Diagnostic.TryParse(run.Output.TrimEnd())?.Code, Is.EqualTo("FUSION1033"));
    }

    [Test]
    public void AnOutputFolderThatCannotBeMadeIsAnErrorThatNamesThePath()
    {
        Project.Write("obj/fusion", "a file where the folder should be");
        Project.Add("k.cu", KernelProject.Simple);

        var error = Project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1031"));
        Assert.That(error.Message, Does.Contain(Project.PathOf("obj/fusion")));
    }

    [TestCase("INT", 130, Category = "Nightly")]
    [TestCase("TERM", 130, Category = "Nightly")]
    [TestCase("KILL", 137)]
    public void AnEndedRunLeavesNothingHalfWrittenAndTheNextIsRight(string signal, int exitCode)
    {
        Project.Write("held.cuh", "");
        for (var i = 0; i < 12; i++)
            Project.Add($"k{i:00}.cu", (i == 6 ? "#include \"held.cuh\"\n" : "") + KernelProject.Simple, "sm_70;sm_75;sm_80;sm_86;sm_90");
        // Not one a processor: on a machine with many, no job would be over when the first comes to the header.
        Project.Request.MaxParallelism = 2;
        using (var held = new HeaderThatHoldsUp(Project.PathOf("held.cuh")))
        using (var process = CompilerProcess.StartToEnd(Project, Nvrtc, "--request", WriteRequest()))
        {
            Assert.That(process.Reaches(held.Reached), Is.True, process.Output);

            Assert.That(process.End(signal), Is.EqualTo(exitCode), process.Output);
        }

        if (signal != "KILL") Assert.That(Project.Files, Has.None.EndsWith(".fusion-part"));
        Assert.That(Project.WhyStale(), Is.EqualTo("there is no state"));
        var rest = Project.Run().MustSucceed();
        Assert.That(rest.Compiled, Has.Count.InRange(1, 59));
        Assert.That(Project.Files, Has.Count.EqualTo(122).And.None.EndsWith(".fusion-part"));
    }

    private string WriteRequest() => Project.Write("obj/request", Project.Request.ToText());
}
