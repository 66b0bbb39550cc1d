namespace Fusion.Graph;

/// <summary>A value of a graph, defined once by an op or as an input or weight. Two values are the same only if they are the
/// same object.</summary>
public sealed class GraphTensor
{
    /// <summary>Makes a value.</summary>
    /// <param name="name">Name of the value, which no other value of the graph has.</param>
    /// <param name="type">Type and shape of the value.</param>
    public GraphTensor(string name, TensorType type)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, Type) = (name, type);
    }

    /// <summary>Name of the value.</summary>
    public string Name { get; }

    /// <summary>Type and shape of the value.</summary>
    public TensorType Type { get; }

    /// <summary>Writes the value as <c>%name: bf16[tokens, 4096]</c>.</summary>
    public override string ToString() => $"%{Name}: {Type}";
}
