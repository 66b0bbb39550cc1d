using System.Collections.Immutable;

namespace Fusion.Graph;

/// <summary>A tensor that an op reads or writes, with its role there.</summary>
/// <param name="Role">Role of the tensor, one of <see cref="Roles"/>; for an output of the graph, its name.</param>
/// <param name="Tensor">The tensor.</param>
public readonly record struct GraphOperand(string Role, GraphTensor Tensor);

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
/// <param name="Pass">Name of the pass.</param>
/// <param name="First">Name of the op that came first.</param>
/// <param name="Then">Name of the op that used the first one's result.</param>
public readonly record struct Fusing(string Pass, string First, string Then);
