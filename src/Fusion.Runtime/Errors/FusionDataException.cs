namespace Fusion.Runtime;

/// <summary>Data that the library reads is wrong, or its file cannot be read: a policy, a graph or a configuration of the
/// passes. The message names the place.</summary>
public sealed class FusionDataException : FusionException
{
    internal FusionDataException(string code, string? file, int line, string field, string message, Exception? innerException = null)
        : base(code, message, innerException) => (File, Line, Field) = (file, line, field);

    /// <summary>Path of the file, or another name of the source; null if the data was made in code.</summary>
    public string? File { get; }

    /// <summary>Line of the fault in the file, from 1; 0 if it is not known.</summary>
    public int Line { get; }

    /// <summary>Name of the wrong field, or another place in words; empty if the fault is in no field.</summary>
    public string Field { get; }
}
