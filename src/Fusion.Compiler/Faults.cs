using Fusion.Build.Contract;

namespace Fusion.Compiler;

/// <summary>Faults of fusionc itself.</summary>
internal static class Faults
{
    /// <summary>What to report of an exception that nobody expected.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="file">What was being compiled, if that is known.</param>
    public static Diagnostic Report(Exception exception, string file = "") => new(DiagnosticSeverity.Error, Codes.Internal,
        $"fusionc failed: {exception.Message} This is a fault of fusionc: please report it, with the lines below.\n{exception}", file);
}
