using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A graph is not valid. The message names the op and the value.</summary>
public sealed class GraphException : FusionException
{
    private GraphException(string code, string? op, string? value, string message)
        : base(code, message) => (Op, Value) = (op, value);

    /// <summary>Name of the faulty op; null if the fault is of the graph.</summary>
    public string? Op { get; }

    /// <summary>Name of the faulty value; null if the fault is of the op.</summary>
    public string? Value { get; }

    /// <summary>Makes the exception for a type or shape that does not fit.</summary>
    internal static GraphException Shape(GraphOp op, string role, GraphTensor? value, string found, string expected)
    {
        var what = value is null ? role : $"{role} (%{value.Name})";
        return new(GraphErrorCodes.Shape, op.Name, value?.Name,
            $"Op '{op.Name}' ({op.Mnemonic}): {what} is {found}; expected is {expected}.");
    }

    /// <summary>Makes the exception for a custom op that refuses its arguments.</summary>
    internal static GraphException Refused(string op, CustomOp custom, string why) => new(
        GraphErrorCodes.Shape, op, null, $"Op '{op}' ({custom.Name}) refuses what it would read: {why.TrimEnd('.')}.");

    /// <summary>Makes the exception for a definition that is missing or duplicate.</summary>
    internal static GraphException Definition(string? op, string? value, string problem) =>
        new(GraphErrorCodes.Definition, op, value, problem);
}

/// <summary>A graph's JSON cannot be read.</summary>
public sealed class GraphFileException : FusionException
{
    internal GraphFileException(string file, string where, string problem, Exception? inner = null)
        : base(GraphErrorCodes.File, $"The graph '{file}'{(where.Length > 0 ? $", {where}" : "")}: {problem}.", inner) =>
        (File, Where) = (file, where);

    /// <summary>Path of the file, or another name of the source.</summary>
    public string File { get; }

    /// <summary>Place of the fault in the file, in words; may be empty.</summary>
    public string Where { get; }
}

/// <summary>A configuration of the passes is wrong, or its file cannot be read.</summary>
public sealed class PassConfigException : FusionException
{
    internal PassConfigException(string source, string field, string problem, Exception? inner = null)
        : base(GraphErrorCodes.Config,
            $"The pass configuration '{source}'{(field.Length > 0 ? $", field '{field}'" : "")}: {problem}.", inner) =>
        Field = field;

    /// <summary>Name of the wrong field; empty if the fault is in no field.</summary>
    public string Field { get; }
}

/// <summary>A graph cannot be compiled, or a compiled graph cannot run.</summary>
public sealed class GraphRunException : FusionException
{
    internal GraphRunException(string code, string message)
        : base(code, message)
    {
    }
}
