using System.Collections.Immutable;
using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A custom op, such as a matmul or an attention, of which the graph knows only the types of its results.</summary>
public sealed record CustomOp
{
    /// <summary>Makes a custom op.</summary>
    /// <param name="name">Name of the custom op, such as <c>matmul</c>.</param>
    /// <param name="shapeOf">Shape function: computes the types of the results from those of the arguments. It may throw an
    /// <see cref="ArgumentException"/> to refuse them.</param>
    /// <param name="launch">Delegate that starts the op for a rank; null for a graph that is not run. On a GPU it enqueues
    /// work in the stream and returns without waiting, so that it can be recorded as a CUDA graph; on the CPU the work is
    /// done when it returns. It must give the same bits for the same inputs, and a token's results must not depend on rows
    /// behind the tokens of the run.</param>
    public CustomOp(string name, Func<IReadOnlyList<TensorType>, IReadOnlyList<TensorType>> shapeOf, Action<CustomLaunch>? launch = null) =>
        (Name, ShapeOf, Launch) = (name, shapeOf, launch);

    /// <summary>Name of the custom op, such as <c>matmul</c>.</summary>
    public string Name { get; init; }

    /// <summary>Shape function: computes the types of the results from those of the arguments. It may throw an
    /// <see cref="ArgumentException"/> to refuse them.</summary>
    public Func<IReadOnlyList<TensorType>, IReadOnlyList<TensorType>> ShapeOf { get; init; }

    /// <summary>Delegate that starts the op for a rank; null for a graph that is not run. On a GPU it enqueues work in the
    /// stream and returns without waiting, so that it can be recorded as a CUDA graph; on the CPU the work is done when it
    /// returns. It must give the same bits for the same inputs, and a token's results must not depend on rows behind the
    /// tokens of the run.</summary>
    public Action<CustomLaunch>? Launch { get; init; }

    /// <summary>Delegate that starts the op together with the matmul ahead of it, in one kernel; null for an op that cannot. It is asked for each
    /// matmul of few rows on a GPU (<see cref="CompileOptions.SkinnyRows"/>) whose result goes to this op alone, and returns false for one that it
    /// does not do: then the two are launched one after the other. It gives the bits of the two, but for the order of the sums of warpgroups
    /// (<see cref="CustomLaunch.IsOfWarpgroups"/>), and need not write the matmul's output.</summary>
    /// <remarks>The matmul's operands stay as they are until the op has ended. It is not asked if <see cref="CompileOptions.CustomOps"/> has
    /// another delegate for the op.</remarks>
    public Func<CustomLaunch, MatmulCall, bool>? LaunchWithMatmul { get; init; }
}

/// <summary>A launch of a custom op for a rank: stream, inputs and outputs.</summary>
public sealed class CustomLaunch
{
    /// <summary>Makes a launch, for tests of an op's delegate.</summary>
    /// <param name="rank">Rank for which the op is launched.</param>
    /// <param name="stream">Stream of the rank; null on the CPU.</param>
    /// <param name="op">Name of the op in the graph.</param>
    /// <param name="tokens">Number of tokens of the launch.</param>
    /// <param name="inputs">Arguments of the op.</param>
    /// <param name="outputs">Tensors that receive the results.</param>
    public CustomLaunch(
        Rank rank, GpuStream? stream, string op, int tokens, IReadOnlyList<DeviceTensor> inputs,
        IReadOnlyList<DeviceTensor> outputs) =>
        (Rank, Stream, Op, Tokens, Inputs, Outputs) = (rank, stream, op, tokens, inputs, outputs);

    /// <summary>Rank for which the op is launched.</summary>
    public Rank Rank { get; }

    /// <summary>Stream of the rank; null on the CPU.</summary>
    public GpuStream? Stream { get; }

    /// <summary>Name of the op in the graph.</summary>
    public string Op { get; }

    /// <summary>Number of tokens of the launch; in a recorded CUDA graph it may be larger than that of the run.</summary>
    public int Tokens { get; }

    /// <summary>Whether the run's matmuls all have kernels for few rows that run ahead, for <see cref="FewRowsLaunch.Of"/>: an op that does
    /// the matmul ahead of it is best of the kind of the others.</summary>
    public bool MayRunAhead { get; init; }

    /// <summary>Whether the matmul ahead of the op is one that the graph does by warpgroups (<see cref="WarpgroupLaunch"/>): an op that does both
    /// takes such a kernel, whose sums have other bits than those of <see cref="FewRowsLaunch"/>, or leaves it to the graph.</summary>
    public bool IsOfWarpgroups { get; init; }

    /// <summary>Arguments of the op, in the order of the graph.</summary>
    public IReadOnlyList<DeviceTensor> Inputs { get; }

    /// <summary>Tensors that receive the results, in the order of the shape function.</summary>
    public IReadOnlyList<DeviceTensor> Outputs { get; }
}

/// <summary>A custom op in a graph.</summary>
public sealed record CustomCall : GraphOp
{
    /// <summary>Makes a call of a custom op.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="op">The custom op.</param>
    /// <param name="arguments">Tensors that the op reads.</param>
    /// <param name="results">Tensors that the op writes.</param>
    public CustomCall(string name, CustomOp op, ImmutableArray<GraphTensor> arguments, ImmutableArray<GraphTensor> results)
        : base(name) => (Op, Arguments, Results) = (op, arguments, results);

    /// <summary>The custom op that is called.</summary>
    public CustomOp Op { get; init; }

    /// <summary>Tensors that the op reads.</summary>
    public ImmutableArray<GraphTensor> Arguments { get; init; }

    /// <summary>Tensors that the op writes.</summary>
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
