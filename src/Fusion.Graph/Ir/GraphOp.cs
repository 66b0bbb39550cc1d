using System.Collections.Immutable;

namespace Fusion.Graph;

/// <summary>A tensor that an op reads or writes, by the name that the op has for it.</summary>
/// <param name="Role"><c>input</c>, <c>residual</c>, <c>norm_out</c> …</param>
/// <param name="Tensor">The tensor.</param>
public readonly record struct GraphOperand(string Role, GraphTensor Tensor);

/// <summary>An operation of a graph. Immutable: passes make new ones.</summary>
public abstract record GraphOp
{
    private protected GraphOp(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>Its name, which no other op of the graph has.</summary>
    public string Name { get; init; }

    /// <summary>What it does, in words of the field: <c>all_reduce</c>, <c>residual+rmsnorm</c>.</summary>
    public abstract string Mnemonic { get; }

    /// <summary>What it reads, by role.</summary>
    public abstract IEnumerable<GraphOperand> Inputs { get; }

    /// <summary>What it writes, by role.</summary>
    public abstract IEnumerable<GraphOperand> Outputs { get; }

    /// <summary>Passes that made it of several ops; empty for an op of the model.</summary>
    public ImmutableArray<Fusing> FusedFrom { get; init; } = [];

    /// <summary>The same op that reads other tensors.</summary>
    /// <param name="replace">What to read instead of each.</param>
    internal abstract GraphOp Reading(Func<GraphTensor, GraphTensor> replace);
}

/// <summary>One step of making an op of two.</summary>
/// <param name="Pass">The pass.</param>
/// <param name="First">Name of the op that came first.</param>
/// <param name="Then">Name of the op that used its result.</param>
public readonly record struct Fusing(string Pass, string First, string Then);
