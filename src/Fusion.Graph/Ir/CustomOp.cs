using System.Collections.Immutable;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>An operation that the graph knows nothing of: a matmul, an attention. What it does, and how its results look.
/// </summary>
/// <param name="Name">Its name: <c>matmul</c>.</param>
/// <param name="ShapeOf">The types of its results, from those of what it reads. It may throw an
/// <see cref="ArgumentException"/> to say that they do not fit.</param>
/// <param name="Launch">Starts it for a rank; null for a graph that is only looked at. On a GPU it puts work into the stream
/// and returns, without waiting, so that it can be recorded as a CUDA graph; on the CPU it is done when it returns. It must
/// give the same bits for the same inputs, and a token's results may not depend on rows that stand behind the tokens of the
/// run.</param>
public sealed record CustomOp(
    string Name, Func<IReadOnlyList<TensorType>, IReadOnlyList<TensorType>> ShapeOf, Action<CustomLaunch>? Launch = null);

/// <summary>What a custom op gets to do its work.</summary>
public readonly struct CustomLaunch
{
    internal CustomLaunch(
        Rank rank, GpuStream? stream, string op, int tokens, IReadOnlyList<DeviceTensor> inputs,
        IReadOnlyList<DeviceTensor> outputs) =>
        (Rank, Stream, Op, Tokens, Inputs, Outputs) = (rank, stream, op, tokens, inputs, outputs);

    /// <summary>The rank for which it is done.</summary>
    public Rank Rank { get; }

    /// <summary>The rank's stream; null on the CPU.</summary>
    public GpuStream? Stream { get; }

    /// <summary>Name of the graph's op.</summary>
    public string Op { get; }

    /// <summary>Tokens that it is done for; those of a captured bucket may be more than those of the run.</summary>
    public int Tokens { get; }

    /// <summary>What it reads, in the order in which the graph names it.</summary>
    public IReadOnlyList<DeviceTensor> Inputs { get; }

    /// <summary>Where its results go, in the order of its shape function.</summary>
    public IReadOnlyList<DeviceTensor> Outputs { get; }
}

/// <summary>A custom op in a graph.</summary>
public sealed record CustomCall : GraphOp
{
    /// <summary>Makes an op.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="op">What it does.</param>
    /// <param name="arguments">What it reads.</param>
    /// <param name="results">What it writes.</param>
    public CustomCall(string name, CustomOp op, ImmutableArray<GraphTensor> arguments, ImmutableArray<GraphTensor> results)
        : base(name) => (Op, Arguments, Results) = (op, arguments, results);

    /// <summary>What it does.</summary>
    public CustomOp Op { get; init; }

    /// <summary>What it reads.</summary>
    public ImmutableArray<GraphTensor> Arguments { get; init; }

    /// <summary>What it writes.</summary>
    public ImmutableArray<GraphTensor> Results { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => Op.Name;

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => Arguments.Select((tensor, i) => new GraphOperand(Numbered(Roles.Input, i), tensor));

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => Results.Select((tensor, i) => new GraphOperand(Numbered(Roles.Output, i), tensor));

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) =>
        this with { Arguments = [.. Arguments.Select(replace)] };

    private static string Numbered(string role, int index) => index == 0 ? role : $"{role}{index}";
}
