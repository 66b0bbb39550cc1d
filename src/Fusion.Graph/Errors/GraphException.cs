using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A graph is not valid. The message names the op and the value.</summary>
public sealed class GraphException : FusionException
{
    private GraphException(string code, string? op, string? value, string message)
        : base(code, message) => (Op, Value) = (op, value);

    /// <summary>Name of the op; null if it is about the graph.</summary>
    public string? Op { get; }

    /// <summary>Name of the value; null if it is about the op.</summary>
    public string? Value { get; }

    /// <summary>A type or shape that does not fit.</summary>
    internal static GraphException Shape(GraphOp op, string role, GraphTensor? value, string found, string expected)
    {
        var what = value is null ? role : $"{role} (%{value.Name})";
        return new(GraphErrorCodes.Shape, op.Name, value?.Name,
            $"Op '{op.Name}' ({op.Mnemonic}): {what} is {found}; expected is {expected}.");
    }

    /// <summary>A custom op that refuses what it is given.</summary>
    internal static GraphException Refused(string op, CustomOp custom, string why) => new(
        GraphErrorCodes.Shape, op, null, $"Op '{op}' ({custom.Name}) refuses what it would read: {why.TrimEnd('.')}.");

    /// <summary>A definition that is missing or there twice.</summary>
    internal static GraphException Definition(string? op, string? value, string problem) =>
        new(GraphErrorCodes.Definition, op, value, problem);
}

/// <summary>A graph's JSON cannot be read.</summary>
public sealed class GraphFileException : FusionException
{
    internal GraphFileException(string file, string where, string problem, Exception? inner = null)
        : base(GraphErrorCodes.File, $"The graph '{file}'{(where.Length > 0 ? $", {where}" : "")}: {problem}.", inner) =>
        (File, Where) = (file, where);

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The place in it, in words; may be empty.</summary>
    public string Where { get; }
}

/// <summary>A configuration of the passes makes no sense, or its file cannot be read.</summary>
public sealed class PassConfigException : FusionException
{
    internal PassConfigException(string source, string field, string problem, Exception? inner = null)
        : base(GraphErrorCodes.Config,
            $"The pass configuration '{source}'{(field.Length > 0 ? $", field '{field}'" : "")}: {problem}.", inner) =>
        Field = field;

    /// <summary>The field; empty if it is about the whole.</summary>
    public string Field { get; }
}

/// <summary>A compiled graph cannot be made or run.</summary>
public sealed class GraphRunException : FusionException
{
    internal GraphRunException(string code, string message)
        : base(code, message)
    {
    }
}
