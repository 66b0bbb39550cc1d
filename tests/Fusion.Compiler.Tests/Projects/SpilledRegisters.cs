using System.Text.RegularExpressions;
using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Tests.Shared;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Kernels that spill registers are told of in each build, with the figures of ptxas itself.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed partial class SpilledRegisters(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Hungry = SpillingKernel.Source + """
        extern "C" __global__ void modest(float* data) { data[0] = 1; }

        """;

    private const string WithAnArray = """
        extern "C" __global__ void indexed(float* data, const int* at) {
          float v[16];
          for (int i = 0; i < 16; i++) v[at[i] & 15] = data[i];
          for (int i = 0; i < 16; i++) data[i] = v[at[i + 16] & 15];
        }

        """;

    [Test]
    public void AreAMessageWithKernelArchitectureAndBytes()
    {
        var kernel = Project.Add("k.cu", Hungry, "sm_80;compute_80");
        (kernel["MaxRegisters"], kernel["AdditionalOptions"]) = ("32", "--ptxas-options=-v");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings, Is.Empty);
        var message = Spills(run).Single();
        var figures = Figures().Match(message);
        Assert.That(figures.Success, Is.True, message);
        Assert.That(run.ToString(), Does.Contain($"{figures.Groups[1]} bytes stack frame, {figures.Groups[2]} bytes spill stores, {figures.Groups[3]} bytes spill loads"));
        Assert.That(BuildState.Read(Project.Request.StateFile)!.Diagnostics.Select(said => said.Message), Has.Member(message));
        Assert.That(Spills(Project.Run().MustSucceed()), Is.EqualTo([message]), "fresh");
    }

    [Test]
    public void AreToldOfWhereTheImagesComeFromTheCache()
    {
        (Project.Request.Cache, Project.Request.CachePath) = (true, Project.PathOf("cache"));
        Project.Add("k.cu", Hungry)["MaxRegisters"] = "32";
        var first = Spills(Project.Run().MustSucceed());
        Directory.Delete(Project.Images, recursive: true);

        var second = Project.Run().MustSucceed();

        Assert.That(second.Cached, Is.EqualTo(["k.cu -> sm_80"]));
        Assert.That(Spills(second), Is.EqualTo(first).And.Not.Empty);
    }

    [Test]
    public void AreAWarningWhereThatIsAskedFor()
    {
        var kernel = Project.Add("k.cu", Hungry);
        (kernel["MaxRegisters"], kernel["WarnOnSpills"]) = ("32", "true");

        var warning = Project.Run().MustSucceed().Warnings.Single();

        Assert.That((warning.Code, warning.File), Is.EqualTo(("FUSION1009", Project.PathOf("k.cu"))));
        Assert.That(warning.Message, Does.StartWith("The kernel 'hungry' spills registers for sm_80: ").And.Contain("MaxRegisters"));
        kernel["WarnOnSpills"] = "";
        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
        kernel["WarnOnSpills"] = "true";
        Assert.That(Project.Run().MustSucceed().Warnings.Single().Message, Is.EqualTo(warning.Message), "an image that is fresh");
    }

    [Test]
    public void AreNotToldFromArraysInLocalMemory()
    {
        Project.Add("k.cu", WithAnArray);

        Assert.That(Spills(Project.Run().MustSucceed()), Is.Empty);
    }

    private static IEnumerable<string> Spills(KernelRun run) =>
        run.Said.Where(said => said.Severity == DiagnosticSeverity.Message && said.Message.Contains("spills registers", StringComparison.Ordinal)).Select(said => said.Message);

    [GeneratedRegex(@"^k\.cu: the kernel 'hungry' spills registers for sm_80: (\d+) bytes a thread in local memory, (\d+) bytes of stores and (\d+) bytes of loads\.$")]
    private static partial Regex Figures();
}
