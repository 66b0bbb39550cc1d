namespace Fusion.Build.Contract;

/// <summary>How loud a line of fusionc is. The values count from 0.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Seen at detailed verbosity.</summary>
    Detail,

    /// <summary>Seen at normal verbosity.</summary>
    Message,

    /// <summary>Seen at minimal verbosity: what the project asked for.</summary>
    Notice,

    /// <summary>A warning.</summary>
    Warning,

    /// <summary>An error: the build fails.</summary>
    Error,
}
