namespace Fusion.Build.Contract;

/// <summary>How loud a line of fusionc is.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Seen at detailed verbosity.</summary>
    Detail,

    /// <summary>Seen at normal verbosity.</summary>
    Message,

    /// <summary>A warning.</summary>
    Warning,

    /// <summary>An error: the build fails.</summary>
    Error,
}
