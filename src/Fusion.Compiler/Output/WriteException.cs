using Fusion.Build.Contract;

namespace Fusion.Compiler.Output;

/// <summary>A file of the output could not be written or deleted.</summary>
internal sealed class WriteException(string path, Exception inner) : Exception($"'{path}': {inner.Message}", inner)
{
    /// <summary>What to report.</summary>
    public Diagnostic ToDiagnostic() => new(DiagnosticSeverity.Error, Codes.Write,
        $"'{path}' could not be written: {InnerException!.Message} Check free space, permissions, and whether another program has it open.");
}
