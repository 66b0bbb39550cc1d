namespace Fusion.Manifest;

/// <summary>Kind of a fault in a JSON file.</summary>
internal enum JsonFaultKind
{
    /// <summary>The text is not JSON.</summary>
    Syntax,

    /// <summary>A field is unknown.</summary>
    Unknown,

    /// <summary>A required field is missing.</summary>
    Missing,

    /// <summary>A field is there twice.</summary>
    Twice,

    /// <summary>A value is of another kind than expected.</summary>
    Value,
}

/// <summary>A fault in a JSON file, which the reader of that kind of file reports with a code of its own.</summary>
/// <param name="kind">Kind of the fault.</param>
/// <param name="line">Line of the fault, from 1.</param>
/// <param name="owner">Object that has the field, in words: 'the graph'.</param>
/// <param name="field">Name of the field; empty if the fault is in no field.</param>
/// <param name="problem">Description of the fault, as a clause.</param>
/// <param name="inner">Exception of the parser.</param>
internal sealed class JsonFault(
    JsonFaultKind kind, int line, string owner, string field, string problem, Exception? inner = null) : Exception(problem, inner)
{
    /// <summary>Kind of the fault.</summary>
    public JsonFaultKind Kind { get; } = kind;

    /// <summary>Line of the fault, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Object that has the field, in words.</summary>
    public string Owner { get; } = owner;

    /// <summary>Name of the field; empty if the fault is in no field.</summary>
    public string Field { get; } = field;
}
