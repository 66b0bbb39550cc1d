using Fusion.Build.Contract;
using Fusion.Compiler.Logs;

namespace Fusion.Compiler.Tests.Logs;

/// <summary>On logs that NVRTC wrote.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class NvrtcLogTests(string nvrtc)
{
    private bool HasColumns => nvrtc != "11.8";

    [Test]
    public void ColumnsCountCharactersOfTheSource()
    {
        var entries = Read("columns").Entries;

        Assert.That(entries.Select(e => (e.File, e.Line, e.Column, e.Severity)), Is.EqualTo([
            ("src/tab.cu", 2, HasColumns ? 16 : 0, DiagnosticSeverity.Error),
            ("src/tab.cu", 3, HasColumns ? 20 : 0, DiagnosticSeverity.Error),
            ("src/tab.cu", 2, HasColumns ? 6 : 0, DiagnosticSeverity.Warning)]));
        Assert.That(entries[2].Message, Is.EqualTo("#177-D: variable \"a\" was declared but never referenced"));
        Assert.That(entries.SelectMany(e => e.Details), Is.Empty);
    }

    [Test]
    public void AnInstantiationChainAcrossFilesIsKept()
    {
        var entry = Read("chain").Entries.Single();

        Assert.That((entry.File, entry.Line), Is.EqualTo(("src/odd (1): x/box.cuh", 1)));
        Assert.That(entry.Details, Is.EqualTo([
            "  detected during:",
            "    instantiation of \"void Box<T>::put(T *) [with T=int]\" at line 2",
            "    instantiation of \"void outer(T *) [with T=int]\" at line 3 of src/chain.cu"]));
    }

    [Test]
    public void TheAssemblerSpeaksOfLinesOfThePtx()
    {
        var entries = Read("ptxas").Entries;

        Assert.That(entries.Select(e => e.Origin), Is.All.EqualTo(LogOrigin.Ptxas));
        Assert.That(entries.Select(e => (e.Line, e.Message)), Is.EqualTo([
            (29, "Not a name of any known instruction: 'bogus'"),
            (32, "Modifier '.wait' requires .target sm_90 or higher"),
            (32, "Instruction 'griddepcontrol' requires .target sm_90 or higher"),
            (0, "Ptx assembly aborted due to errors")]));
    }

    [Test]
    public void TheAssemblersInformationIsNoWarning()
    {
        var entries = Read("ptxas-info").Entries;

        Assert.That(entries[0].Severity, Is.EqualTo(DiagnosticSeverity.Warning));
        Assert.That(entries.Skip(1).Select(e => e.Severity), Is.All.EqualTo(DiagnosticSeverity.Message));
        Assert.That(entries.SelectMany(e => e.Details), Has.Some.Contains("0 bytes spill stores"));
    }

    [Test]
    public void AnErrorAtTheEndOfTheSourceKeepsItsNote()
    {
        var entry = Read("end-of-source").Entries[0];

        Assert.That((entry.File, entry.Line, entry.Column, entry.Message), Is.EqualTo(("", 0, 0, "expected a \"}\"")));
        Assert.That(entry.Details, Is.EqualTo(["note: to match this \"{\" (line 1 of src/eof.cu)"]));
    }

    [Test]
    public void ADeprecatedFunctionIsOneWarning()
    {
        var entry = Read("note").Entries.Single();

        Assert.That(entry.Message, Does.StartWith("#1444-D: function \"old\"").And.EndsWith("was declared deprecated (\"use other\")"));
        Assert.That(entry.Column, Is.EqualTo(HasColumns ? 47 : 0));
    }

    [Test]
    public void CandidatesOfAnOverloadAreKept()
    {
        var entry = Read("overloads").Entries.Single();

        Assert.That(entry.Details, Has.Count.EqualTo(3));
        Assert.That(entry.Details[1], Does.Contain("function \"f(float)\"").And.Contain("at line 1"));
    }

    [TestCase("option", nameof(LogOrigin.Option), "unrecognized option --bogus found")]
    [TestCase("macro", nameof(LogOrigin.Option), "invalid macro definition: 3X")]
    [TestCase("name-expression", nameof(LogOrigin.NameExpression), "identifier \"nope\" is undefined")]
    [TestCase("missing-header", nameof(LogOrigin.Source), "could not open source file \"missing/file.cuh\" (no directories in search list)")]
    [TestCase("static-assert", nameof(LogOrigin.Source), "static assertion failed with \"int has (not) 8: bytes\"")]
    [TestCase("unresolved", nameof(LogOrigin.Ptxas), "Unresolved extern function 'f'")]
    public void TheFirstErrorIsReadWhole(string log, string origin, string message)
    {
        var parsed = Read(log);

        Assert.That((parsed.Entries[0].Origin.ToString(), parsed.Entries[0].Severity, parsed.Entries[0].Message), Is.EqualTo((origin, DiagnosticSeverity.Error, message)));
        Assert.That(parsed.Unmatched, Is.Empty);
    }

    [TestCase("error-limit", 100)]
    [TestCase("warnings", 4)]
    [TestCase("redeclared", 2)]
    [TestCase("directives", 2)]
    public void WhatOnlySumsUpIsDropped(string log, int count)
    {
        var parsed = Read(log);

        Assert.That(parsed.Entries, Has.Count.EqualTo(count));
        Assert.That(parsed.Entries.SelectMany(e => e.Details), Is.Empty);
        Assert.That(parsed.Unmatched, Is.Empty);
    }

    [Test]
    public void RemarksAreMessages() =>
        Assert.That(Read("remarks").Entries.Where(e => e.Message.StartsWith("#20238-D", StringComparison.Ordinal)).Select(e => e.Severity),
            Is.EqualTo([DiagnosticSeverity.Message]));

    private NvrtcLog Read(string name)
    {
        using var stream = typeof(NvrtcLogTests).Assembly.GetManifestResourceStream($"Logs/{nvrtc}/{name}.log")!;
        using var reader = new StreamReader(stream);
        return NvrtcLog.Parse(reader.ReadToEnd());
    }
}
