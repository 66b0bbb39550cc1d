namespace Fusion.Manifest;

/// <summary>What is wrong with the JSON of a file.</summary>
internal enum JsonFaultKind
{
    /// <summary>It is no JSON.</summary>
    Syntax,

    /// <summary>There is no such field.</summary>
    Unknown,

    /// <summary>A field that is needed is not there.</summary>
    Missing,

    /// <summary>A field is there twice.</summary>
    Twice,

    /// <summary>A value is of another kind than expected.</summary>
    Value,
}

/// <summary>A mistake in the JSON of a file. Whoever reads that kind of file tells it with a code of its own.</summary>
/// <param name="kind">What is wrong.</param>
/// <param name="line">Where, from 1.</param>
/// <param name="owner">What has the field: 'the graph'.</param>
/// <param name="field">The field; empty if it is about the whole.</param>
/// <param name="problem">What is wrong, as a clause.</param>
/// <param name="inner">What the parser said.</param>
internal sealed class JsonFault(
    JsonFaultKind kind, int line, string owner, string field, string problem, Exception? inner = null) : Exception(problem, inner)
{
    /// <summary>What is wrong.</summary>
    public JsonFaultKind Kind { get; } = kind;

    /// <summary>Where, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>What has the field, in words.</summary>
    public string Owner { get; } = owner;

    /// <summary>The field; empty if it is about the whole.</summary>
    public string Field { get; } = field;
}
