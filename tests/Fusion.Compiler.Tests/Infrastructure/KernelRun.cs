using Fusion.Build.Contract;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>What a run of the compiler did and said.</summary>
internal sealed record KernelRun(bool Succeeded, IReadOnlyList<Diagnostic> Said)
{
    private const string CacheMark = ", from the compile cache)";

    public IReadOnlyList<Diagnostic> Errors => Of(DiagnosticSeverity.Error);

    public IReadOnlyList<Diagnostic> Warnings => Of(DiagnosticSeverity.Warning);

    /// <summary>The jobs that ran: <c>a.cu -> sm_80</c>.</summary>
    public IReadOnlyList<string> Compiled => Jobs(message => !message.EndsWith(CacheMark, StringComparison.Ordinal));

    /// <summary>The jobs that came from the compile cache.</summary>
    public IReadOnlyList<string> Cached => Jobs(message => message.EndsWith(CacheMark, StringComparison.Ordinal));

    /// <summary>The lines about kernels: <c>a.cu: fresh for sm_80 (1 image)</c>.</summary>
    public string[] KernelLines => [.. Of(DiagnosticSeverity.Message).Select(d => d.Message)
        .Where(m => m.Contains(".cu: ", StringComparison.Ordinal) && m.Contains(" for ", StringComparison.Ordinal) && m.Contains(" image", StringComparison.Ordinal))];

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

    private string[] Jobs(Func<string, bool> which) => [.. Of(DiagnosticSeverity.Detail).Select(d => d.Message)
        .Where(m => m.Contains(" -> ", StringComparison.Ordinal) && which(m))
        .Select(m => m[..m.LastIndexOf(" (", StringComparison.Ordinal)]).Order(StringComparer.Ordinal)];

    public Diagnostic[] Of(DiagnosticSeverity severity) => [.. Said.Where(d => d.Severity == severity)];
}
