using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Logs;
using Fusion.Interop.Nvrtc;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Logs;

public sealed class LogShapesTests
{
    private static readonly Kernel Kernel = new(
        "/p/k.cu", "k", "/p", new KernelMetadata(new KernelRequest { ["Architectures"] = "sm_80" }, new KernelRequest(), _ => { }));

    [TestCase("a(1).cu(12): error: text", "a(1).cu", 12, "text")]
    [TestCase("/x (2): y/k.cu(3): error #20-D: a(7): error: b", "/x (2): y/k.cu", 3, "#20-D: a(7): error: b")]
    [TestCase(@"C:\k.cu(3): catastrophic error: text", @"C:\k.cu", 3, "text")]
    public void ParenthesesAndColonsMayBeInPathsAndTexts(string line, string file, int number, string message)
    {
        var entry = NvrtcLog.Parse(line).Entries.Single();

        Assert.That((entry.File, entry.Line, entry.Message), Is.EqualTo((file, number, message)));
    }

    [Test]
    public void ALogThatNobodyUnderstandsIsReportedWhole()
    {
        var said = From("Internal error: assertion failed\nat somewhere\n", NvrtcResult.InternalError);

        Assert.That(said.Single().Message, Is.EqualTo("NVRTC 12.4 failed with NVRTC_X and said:\nInternal error: assertion failed\nat somewhere"));
        Assert.That(said[0].File, Is.EqualTo("/p/k.cu"));
    }

    [Test]
    public void AFailureWithoutALogIsStillAnError() =>
        Assert.That(From("", NvrtcResult.Compilation).Single().Message, Is.EqualTo("NVRTC 12.4 failed with NVRTC_X and did not say why."));

    [Test]
    public void WhatComesBeforeTheFirstErrorIsNotLost()
    {
        var said = From("a strange line\nk.cu(1): error: text\n", NvrtcResult.Compilation);

        Assert.That(said.Select(d => (d.Severity, d.Message)), Is.EqualTo([(DiagnosticSeverity.Error, "text"), (DiagnosticSeverity.Message, "a strange line")]));
    }

    [TestCase("1 error detected in the compilation of \"k.cu\".")]
    [TestCase("2 errors detected in the compilation of \"a (1): error: b.cu\".")]
    [TestCase("1 catastrophic error detected in the compilation of \"k.cu\".")]
    [TestCase("1 error and 1 catastrophic error detected in the compilation of \"k.cu\".")]
    [TestCase("3 errors, 2 warnings detected in the compilation of \"k.cu\".")]
    [TestCase("1 internal error detected in the compilation of \"k.cu\".")]
    [TestCase("2 warnings detected in the compilation of \"k.cu\".")]
    [TestCase("k.cu(7): catastrophic error: Error limit reached.")]
    [TestCase("nvrtc: error: 2 errors detected in the compilation of \"k.cu\".")]
    [TestCase("At end of source: catastrophic error: 1 error detected in the compilation of \"k.cu\".")]
    [TestCase("ptxas fatal   : 1 error detected")]
    [TestCase("Compilation terminated.")]
    [TestCase("Compilation aborted")]
    public void ALineThatSumsUpIsNoErrorOfItsOwn(string line)
    {
        var said = From($"k.cu(1): error: text\n{line}\n\n{line}\n", NvrtcResult.Compilation);

        Assert.That(said.Select(d => d.Message), Is.EqualTo(["text"]));
    }

    // As NVRTC 11.8 writes it for three headers of CUB.
    [Test]
    public void WhatTheAssemblerDecidesByItselfIsNoWarning()
    {
        var said = From("ptxas warning : Disabling default position-independent-code(pic) compilation mode as program requires more resources than allowed.\n",
            NvrtcResult.Success);

        Assert.That(said.Select(d => (d.Severity, d.Code)), Is.EqualTo([(DiagnosticSeverity.Message, "")]));
    }

    [TestCase("k.cu(1): error: 2 errors were found by my own static_assert")]
    [TestCase("nvrtc: error: 1 error detected in the compilation of \"k.cu\".")]
    public void AloneItIsBetterThanNothing(string line) =>
        Assert.That(From(line, NvrtcResult.Compilation).Single().Severity, Is.EqualTo(DiagnosticSeverity.Error));

    [FsCheck.NUnit.Property]
    public void NoLogIsTooStrange(string[] lines) =>
        Assert.That(() => From(string.Join('\n', lines.Select(l => l ?? "  ^")), NvrtcResult.Compilation), Has.Some.Property(nameof(Diagnostic.Severity)).EqualTo(DiagnosticSeverity.Error));

    [Test]
    public void WhatAllArchitecturesReportIsSaidOnce()
    {
        static Diagnostic Warning(string text) => new(DiagnosticSeverity.Warning, Codes.SourceWarning, text, "/p/k.cu", 1);

        var merged = DiagnosticMerger.Merge([
            (GpuArchitecture.Parse("sm_80"), [Warning("a"), Warning("b\nmore")]),
            (GpuArchitecture.Parse("sm_90"), [Warning("a")])]);

        Assert.That(merged.Select(d => d.Message), Is.EqualTo(["a", "b [sm_80]\nmore"]));
    }

    private static List<Diagnostic> From(string log, NvrtcResult result) =>
        LogDiagnostics.From(NvrtcLog.Parse(log), log, result, "NVRTC_X", Kernel, "NVRTC 12.4");
}
