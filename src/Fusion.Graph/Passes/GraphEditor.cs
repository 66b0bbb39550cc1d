namespace Fusion.Graph;

/// <summary>A graph that a pass changes, with the maker and the readers of each value. The ops always stay in an order in
/// which they can be run.</summary>
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
        for (var i = 0; i < order.Length; i++) Register(order[i] = new Node { Op = graph.Ops[i], Position = i });
    }

    /// <summary>Ops in their order. Ops that are removed during the iteration are left out; ops that are moved may come
    /// twice.</summary>
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

    /// <summary>Ops in the reverse order.</summary>
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

    /// <summary>Gets the op that makes a value; null for inputs and weights.</summary>
    public Node? MakerOf(GraphTensor tensor) => makers.GetValueOrDefault(tensor);

    /// <summary>Gets the ops that read a value, in their order, each once.</summary>
    public IReadOnlyList<Node> ReadersOf(GraphTensor tensor) =>
        readers.TryGetValue(tensor, out var found) ? [.. found.Distinct().OrderBy(node => node.Position)] : [];

    /// <summary>Tells whether a value is read by an op or is an output of the graph.</summary>
    public bool IsUsed(GraphTensor tensor) => IsOutput(tensor) || readers.TryGetValue(tensor, out var found) && found.Count > 0;

    /// <summary>Tells whether a value is an output of the graph.</summary>
    public bool IsOutput(GraphTensor tensor) => Array.Exists(outputs, output => ReferenceEquals(output.Tensor, tensor));

    /// <summary>Finds the ops between two that depend on the first: they read its results, or those of an op that
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

    /// <summary>Tells whether an op reads a result of <paramref name="first"/> or of one of
    /// <paramref name="others"/>.</summary>
    public bool Reads(Node node, Node first, HashSet<Node> others) =>
        node.Op.Inputs.Any(input => MakerOf(input.Tensor) is { } maker && (maker == first || others.Contains(maker)));

    /// <summary>Replaces two ops by one, which comes where the second was; ops that depend on it are moved behind
    /// it.</summary>
    /// <param name="first">First op.</param>
    /// <param name="then">Second op, whose other inputs must not depend on the first.</param>
    /// <param name="merged">Op that replaces both.</param>
    public Node Merge(Node first, Node then, GraphOp merged)
    {
        var dependents = DependentsBetween(first, then);
        var (start, end) = (first.Position, then.Position);
        var window = order[start..(end + 1)].OfType<Node>().Where(node => node != first && node != then).ToArray();
        Remove(first);
        Remove(then);
        var node = new Node { Op = merged };
        var place = start;
        foreach (var other in window.Where(other => !dependents.Contains(other))) MoveTo(other, place++);
        MoveTo(node, place++);
        foreach (var other in window.Where(dependents.Contains)) MoveTo(other, place++);
        while (place <= end) order[place++] = null;
        Register(node);
        return node;
    }

    /// <summary>Replaces an op by one that makes the same values, or fewer.</summary>
    public void Replace(Node node, GraphOp op)
    {
        Unregister(node);
        node.Op = op;
        Register(node);
    }

    /// <summary>Removes an op, whose values must have no readers any more.</summary>
    public void Remove(Node node)
    {
        Unregister(node);
        order[node.Position] = null;
    }

    /// <summary>Makes all readers of a value read another one, which is defined before it.</summary>
    public void Substitute(GraphTensor old, GraphTensor with)
    {
        foreach (var reader in ReadersOf(old))
            Replace(reader, reader.Op.Reading(tensor => ReferenceEquals(tensor, old) ? with : tensor));
        for (var i = 0; i < outputs.Length; i++)
        {
            if (ReferenceEquals(outputs[i].Tensor, old)) outputs[i] = outputs[i] with { Tensor = with };
        }
    }

    /// <summary>Makes the graph in its present state.</summary>
    public TensorGraph ToGraph() => graph.With(Nodes.Select(node => node.Op), outputs);

    private void MoveTo(Node node, int position)
    {
        order[position] = node;
        node.Position = position;
    }

    private void Register(Node node)
    {
        foreach (var output in node.Op.Outputs) makers[output.Tensor] = node;
        foreach (var input in node.Op.Inputs)
        {
            if (!readers.TryGetValue(input.Tensor, out var list)) readers[input.Tensor] = list = [];
            list.Add(node);
        }
    }

    private void Unregister(Node node)
    {
        foreach (var output in node.Op.Outputs)
        {
            if (makers.GetValueOrDefault(output.Tensor) == node) makers.Remove(output.Tensor);
        }

        foreach (var input in node.Op.Inputs) readers[input.Tensor].Remove(node);
    }

    /// <summary>An op and its position.</summary>
    public sealed class Node
    {
        public required GraphOp Op { get; set; }

        public int Position { get; set; }
    }
}
