using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A graph is not valid, or something is missing that it needs to run. The message names the op and the value.</summary>
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

    /// <summary>Makes the exception for something that a run needs and that is not given.</summary>
    internal static GraphException NotReady(string? op, string? value, string problem) =>
        new(GraphErrorCodes.NotReady, op, value, problem);

    /// <summary>Makes the exception for a definition that is missing or duplicate.</summary>
    internal static GraphException Definition(string? op, string? value, string problem) =>
        new(GraphErrorCodes.Definition, op, value, problem);
}
