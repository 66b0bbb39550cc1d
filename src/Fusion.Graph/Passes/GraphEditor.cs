namespace Fusion.Graph;

/// <summary>A graph while a pass changes it: who makes and who reads each value. The order stays one in which the ops can be
/// done.</summary>
internal sealed class GraphEditor
{
    private readonly TensorGraph graph;
    private readonly Node?[] order;
    private readonly Dictionary<GraphTensor, Node> makers = [];
    private readonly Dictionary<GraphTensor, List<Node>> readers = [];
    private readonly GraphOperand[] outputs;

    public GraphEditor(TensorGraph graph)
    {
        this.graph = graph;
        outputs = [.. graph.Outputs];
        order = new Node?[graph.Ops.Length];
        for (var i = 0; i < order.Length; i++) Place(order[i] = new Node { Op = graph.Ops[i], Position = i });
    }

    /// <summary>The ops in their order. What is removed meanwhile is left out, what is moved may come twice.</summary>
    public IEnumerable<Node> Nodes
    {
        get
        {
            for (var i = 0; i < order.Length; i++)
            {
                if (order[i] is { } node) yield return node;
            }
        }
    }

    /// <summary>The ops in the reverse order.</summary>
    public IEnumerable<Node> Backwards
    {
        get
        {
            for (var i = order.Length - 1; i >= 0; i--)
            {
                if (order[i] is { } node) yield return node;
            }
        }
    }

    /// <summary>Who makes a value; null for inputs and weights.</summary>
    public Node? MakerOf(GraphTensor tensor) => makers.GetValueOrDefault(tensor);

    /// <summary>Who reads a value, in their order, each once.</summary>
    public IReadOnlyList<Node> ReadersOf(GraphTensor tensor) =>
        readers.TryGetValue(tensor, out var found) ? [.. found.Distinct().OrderBy(node => node.Position)] : [];

    /// <summary>Whether a value is read by an op, or is an output.</summary>
    public bool IsUsed(GraphTensor tensor) => IsOutput(tensor) || readers.TryGetValue(tensor, out var found) && found.Count > 0;

    /// <summary>Whether a value is an output of the graph.</summary>
    public bool IsOutput(GraphTensor tensor) => Array.Exists(outputs, output => ReferenceEquals(output.Tensor, tensor));

    /// <summary>Ops between two that cannot be done before the first is: they read its results, or those of one that
    /// does.</summary>
    public HashSet<Node> DependentsBetween(Node first, Node then)
    {
        var dependents = new HashSet<Node>();
        for (var i = first.Position + 1; i < then.Position; i++)
        {
            if (order[i] is { } node && Reads(node, first, dependents)) dependents.Add(node);
        }

        return dependents;
    }

    /// <summary>Whether an op reads a result of another one, or of one of several.</summary>
    public bool Reads(Node node, Node first, HashSet<Node> others) =>
        node.Op.Inputs.Any(input => MakerOf(input.Tensor) is { } maker && (maker == first || others.Contains(maker)));

    /// <summary>Replaces two ops by one, which is done where the second was; what depends on it comes after it.</summary>
    /// <param name="first">The first.</param>
    /// <param name="then">The second. None of its other inputs may depend on the first.</param>
    /// <param name="merged">What takes their place.</param>
    public Node Merge(Node first, Node then, GraphOp merged)
    {
        var dependents = DependentsBetween(first, then);
        var (start, end) = (first.Position, then.Position);
        var window = order[start..(end + 1)].OfType<Node>().Where(node => node != first && node != then).ToArray();
        Remove(first);
        Remove(then);
        var node = new Node { Op = merged };
        var place = start;
        foreach (var other in window.Where(other => !dependents.Contains(other))) Put(other, place++);
        Put(node, place++);
        foreach (var other in window.Where(dependents.Contains)) Put(other, place++);
        while (place <= end) order[place++] = null;
        Place(node);
        return node;
    }

    /// <summary>Replaces an op by one that makes the same values, or fewer.</summary>
    public void Replace(Node node, GraphOp op)
    {
        Forget(node);
        node.Op = op;
        Place(node);
    }

    /// <summary>Removes an op, whose values nobody may read any more.</summary>
    public void Remove(Node node)
    {
        Forget(node);
        order[node.Position] = null;
    }

    /// <summary>Lets everybody who reads a value read another one, which is defined before it.</summary>
    public void Substitute(GraphTensor old, GraphTensor with)
    {
        foreach (var reader in ReadersOf(old))
            Replace(reader, reader.Op.Reading(tensor => ReferenceEquals(tensor, old) ? with : tensor));
        for (var i = 0; i < outputs.Length; i++)
        {
            if (ReferenceEquals(outputs[i].Tensor, old)) outputs[i] = outputs[i] with { Tensor = with };
        }
    }

    /// <summary>The graph as it is now.</summary>
    public TensorGraph ToGraph() => graph.With(Nodes.Select(node => node.Op), outputs);

    private void Put(Node node, int position)
    {
        order[position] = node;
        node.Position = position;
    }

    private void Place(Node node)
    {
        foreach (var output in node.Op.Outputs) makers[output.Tensor] = node;
        foreach (var input in node.Op.Inputs)
        {
            if (!readers.TryGetValue(input.Tensor, out var list)) readers[input.Tensor] = list = [];
            list.Add(node);
        }
    }

    private void Forget(Node node)
    {
        foreach (var output in node.Op.Outputs)
        {
            if (makers.GetValueOrDefault(output.Tensor) == node) makers.Remove(output.Tensor);
        }

        foreach (var input in node.Op.Inputs) readers[input.Tensor].Remove(node);
    }

    /// <summary>An op and where it is.</summary>
    public sealed class Node
    {
        public required GraphOp Op { get; set; }

        public int Position { get; set; }
    }
}
