using Fusion.Build.Contract;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>What a run of the compiler did and said.</summary>
internal sealed record KernelRun(bool Succeeded, IReadOnlyList<Diagnostic> Said)
{
    public IReadOnlyList<Diagnostic> Errors => Of(DiagnosticSeverity.Error);

    public IReadOnlyList<Diagnostic> Warnings => Of(DiagnosticSeverity.Warning);

    /// <summary>The jobs that ran: <c>a.cu -> sm_80</c>.</summary>
    public IReadOnlyList<string> Compiled => [.. Of(DiagnosticSeverity.Message).Where(d => d.Message.Contains(" -> ", StringComparison.Ordinal))
        .Select(d => d.Message[..d.Message.LastIndexOf(" (", StringComparison.Ordinal)]).Order(StringComparer.Ordinal)];

    public string Closing => Said[^1].Message;

    public override string ToString() => string.Join('\n', Said.Select(d => $"{d.Severity} {d}"));

    /// <summary>The run, which must have succeeded.</summary>
    public KernelRun MustSucceed()
    {
        Assert.That(Succeeded, Is.True, ToString());
        Assert.That(Errors, Is.Empty);
        return this;
    }

    /// <summary>The only error of the run, which must have failed.</summary>
    public Diagnostic OnlyError()
    {
        Assert.That(Succeeded, Is.False, ToString());
        Assert.That(Errors, Has.Count.EqualTo(1), ToString());
        return Errors[0];
    }

    private Diagnostic[] Of(DiagnosticSeverity severity) => [.. Said.Where(d => d.Severity == severity)];
}
