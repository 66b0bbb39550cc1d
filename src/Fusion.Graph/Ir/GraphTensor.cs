namespace Fusion.Graph;

/// <summary>A value of a graph: defined once, by an op or as an input or weight, and never changed. Two are the same only if
/// they are the same object.</summary>
public sealed class GraphTensor
{
    /// <summary>Makes a value.</summary>
    /// <param name="name">Its name, which no other value of the graph has.</param>
    /// <param name="type">What it is.</param>
    public GraphTensor(string name, TensorType type)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, Type) = (name, type);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public TensorType Type { get; }

    /// <summary><c>%name: bf16[tokens, 4096]</c>.</summary>
    public override string ToString() => $"%{Name}: {Type}";
}
