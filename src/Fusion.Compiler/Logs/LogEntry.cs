using Fusion.Build.Contract;

namespace Fusion.Compiler.Logs;

/// <summary>Who in NVRTC said something.</summary>
internal enum LogOrigin
{
    /// <summary>The front end, about the source.</summary>
    Source,

    /// <summary>The front end, about a name expression.</summary>
    NameExpression,

    /// <summary>NVRTC, about an option.</summary>
    Option,

    /// <summary>The assembler, about the PTX.</summary>
    Ptxas,
}

/// <summary>One thing that NVRTC said.</summary>
internal sealed record LogEntry
{
    /// <summary>Who said it.</summary>
    public required LogOrigin Origin { get; init; }

    /// <summary>How loud.</summary>
    public required DiagnosticSeverity Severity { get; init; }

    /// <summary>The file as NVRTC calls it; empty if it names none.</summary>
    public string File { get; init; } = "";

    /// <summary>Line from 1, in the PTX if the assembler speaks; 0 if unknown.</summary>
    public int Line { get; init; }

    /// <summary>Column from 1, in characters; 0 if unknown.</summary>
    public int Column { get; init; }

    /// <summary>The text, with the number <c>#177-D</c> in front if it has one.</summary>
    public required string Message { get; init; }

    /// <summary>What follows: instantiation chains, candidates, notes.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}
