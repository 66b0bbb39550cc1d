using System.Collections.Immutable;

namespace Fusion.Graph;

/// <summary>A tensor that an op reads or writes, with its role there.</summary>
public readonly record struct GraphOperand
{
    internal GraphOperand(string role, GraphTensor tensor) => (Role, Tensor) = (role, tensor);

    /// <summary>Role of the tensor, one of <see cref="Roles"/>; for an output of the graph, its name.</summary>
    public string Role { get; internal init; }

    /// <summary>The tensor.</summary>
    public GraphTensor Tensor { get; internal init; }
}

/// <summary>An op of a graph. Immutable: passes make new ones.</summary>
public abstract record GraphOp
{
    private protected GraphOp(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>Name of the op, which no other op of the graph has.</summary>
    public string Name { get; init; }

    /// <summary>Kind of the op in words, such as <c>all_reduce</c> or <c>residual+rmsnorm</c>.</summary>
    public abstract string Mnemonic { get; }

    /// <summary>Tensors that the op reads, by role.</summary>
    public abstract IEnumerable<GraphOperand> Inputs { get; }

    /// <summary>Tensors that the op writes, by role.</summary>
    public abstract IEnumerable<GraphOperand> Outputs { get; }

    /// <summary>Steps in which passes fused the op from several; empty for an op of the model.</summary>
    public ImmutableArray<Fusing> FusedFrom { get; init; } = [];

    /// <summary>Makes the same op that reads other tensors.</summary>
    /// <param name="replace">Function that gets the tensor to read instead of each.</param>
    internal abstract GraphOp Reading(Func<GraphTensor, GraphTensor> replace);
}

/// <summary>A step of a pass that fused two ops.</summary>
public readonly record struct Fusing
{
    internal Fusing(string pass, string first, string then) => (Pass, First, Then) = (pass, first, then);

    /// <summary>Name of the pass.</summary>
    public string Pass { get; internal init; }

    /// <summary>Name of the op that came first.</summary>
    public string First { get; internal init; }

    /// <summary>Name of the op that used the first one's result.</summary>
    public string Then { get; internal init; }
}
