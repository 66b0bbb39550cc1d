using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Nvrtc;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Nvrtc;

public sealed class TargetChoiceTests
{
    private readonly List<Diagnostic> said = [];

    [SetUp]
    public void Forget() => said.Clear();

    [Test]
    public void MachineCodeAndPtxOfOneChipAreOneJob()
    {
        var jobs = Choose("sm_80;compute_80;compute_90")!.Jobs;

        Assert.That(jobs.Select(j => ($"{j.Architecture}", j.WantsCubin, j.WantsPtx)), Is.EqualTo([("sm_80", true, true), ("sm_90", false, true)]));
    }

    [Test]
    public void NativeStandsForTheGpusOfTheMachine() =>
        Assert.That(Choose("native", gpus: [new(9, 0)])!.Jobs.Select(j => $"{j.Architecture}"), Is.EqualTo(["sm_90"]));

    [Test]
    public void NativeWithoutAGpuSaysWhatToWriteInstead()
    {
        Assert.That(Choose("native"), Is.Null);

        var error = said.Single(d => d.Severity == DiagnosticSeverity.Error);
        Assert.That(error.Code, Is.EqualTo("FUSION1015"));
        Assert.That(error.Message, Does.Contain("there is no driver").And.Contain("sm_80;sm_90a;compute_80"));
    }

    [Test]
    public void AnArchitectureThatNvrtcLacksMayBePassedOverWithAWarning()
    {
        var jobs = Choose("sm_80;sm_100f", skip: true)!.Jobs;

        Assert.That(jobs, Has.Count.EqualTo(1));
        var warning = said.Single(d => d.Severity == DiagnosticSeverity.Warning);
        Assert.That(warning.Code, Is.EqualTo("FUSION1013"));
        Assert.That(warning.Message, Does.StartWith("sm_100f is passed over: NVRTC 12.4 ('").And.Contain("NVRTC 12.9 or later would do"));
    }

    [Test]
    public void IfNoArchitectureIsLeftItIsAnError()
    {
        Choose("sm_100f", skip: true);

        Assert.That(said.Single(d => d.Severity == DiagnosticSeverity.Error).Code, Is.EqualTo("FUSION1012"));
    }

    private Targets? Choose(string architectures, ComputeCapability[]? gpus = null, bool skip = false)
    {
        using var machine = new FakeMachine();
        machine.AddNvrtc("usr/local/cuda/lib64/libnvrtc.so.12");
        var request = new CompileRequest { ProjectDirectory = machine.At(""), SkipUnsupportedArchitectures = skip };
        var kernel = new Kernel(
            "/p/k.cu", "k", "/p", new KernelMetadata(new KernelRequest { ["Architectures"] = architectures }, new KernelRequest(), said.Add));
        var tracked = new TrackedMachine(new Machine(_ => null, machine.At(""), []));
        return new TargetChoice(request, tracked, said.Add)
        {
            Probe = path => new NvrtcProbe(new Version(12, 4), [80, 90], path, ""),
            FindGpus = () => (gpus ?? [], "there is no driver"),
        }.Choose([kernel]);
    }
}
