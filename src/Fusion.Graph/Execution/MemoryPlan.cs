namespace Fusion.Graph;

/// <summary>Where a tensor lives.</summary>
internal enum StorageKind
{
    /// <summary>A buffer of its own, written before a run.</summary>
    Input,

    /// <summary>Memory that the user gives.</summary>
    Weight,

    /// <summary>A buffer of its own, to be read after a run.</summary>
    Output,

    /// <summary>A part of the memory that values share one after the other.</summary>
    Shared,
}

/// <summary>Memory of one value, of the views of it, and of the values that replace it in place.</summary>
internal sealed class Storage
{
    public required StorageKind Kind { get; set; }

    /// <summary>Name of the value that it was made for.</summary>
    public required string Name { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The op that writes it first.</summary>
    public required int First { get; init; }

    /// <summary>The op that reads or writes it last.</summary>
    public int Last { get; set; }

    /// <summary>Where in the shared memory it is.</summary>
    public long Offset { get; set; }

    public bool IsAliveWith(Storage other) => First <= other.Last && other.First <= Last;
}

/// <summary>A value's memory.</summary>
/// <param name="Storage">Whose.</param>
/// <param name="Offset">Bytes from its start.</param>
internal readonly record struct Place(Storage Storage, long Offset);

/// <summary>Which value is where, for the most tokens of a run: values whose lives do not meet share memory.</summary>
internal sealed class MemoryPlan
{
    private const int Alignment = 256;

    private readonly Dictionary<GraphTensor, Place> places = [];
    private readonly int maxTokens;

    private MemoryPlan(int maxTokens) => this.maxTokens = maxTokens;

    /// <summary>Bytes of the shared memory.</summary>
    public long SharedBytes { get; private set; }

    /// <summary>Bytes of inputs and outputs.</summary>
    public long OwnBytes { get; private set; }

    /// <summary>What all shared values would need if none took the place of another.</summary>
    public long BytesWithoutReuse { get; private set; }

    /// <summary>The buffers of inputs and outputs.</summary>
    public IReadOnlyList<Storage> Own { get; private set; } = [];

    /// <summary>Where a value is.</summary>
    public Place this[GraphTensor tensor] => places[tensor];

    public static MemoryPlan Of(TensorGraph graph, int maxTokens)
    {
        var plan = new MemoryPlan(maxTokens);
        foreach (var input in graph.Inputs) plan.Make(input, StorageKind.Input, -1);
        foreach (var weight in graph.Weights) plan.Make(weight, StorageKind.Weight, -1);
        var lastReads = LastReads(graph);
        for (var step = 0; step < graph.Ops.Length; step++) plan.Add(graph.Ops[step], step, lastReads);
        foreach (var output in graph.Outputs)
        {
            var storage = plan.places[output.Tensor].Storage;
            if (storage.Kind == StorageKind.Shared) storage.Kind = StorageKind.Output;
        }

        plan.Lay();
        return plan;
    }

    /// <summary>Where in memory an op's result already is, as a view of what it reads; null if it has to be made.</summary>
    public static long? ViewOffset(GraphOp op) => op switch
    {
        ViewOp => 0,
        CastOp cast when cast.Input.Type == cast.Output.Type => 0,
        SliceOp slice when slice.Input.Type == slice.Output.Type => 0,
        SliceOp slice when slice.Input.Type.Columns == slice.Output.Type.Columns && RowsBefore(slice) % 16 == 0 =>
            RowsBefore(slice),
        _ => null,
    };

    private static long RowsBefore(SliceOp slice) =>
        (slice.Input.Type with { Rows = RowCount.Of(1) }).Bytes(1) * slice.FirstRow;

    // A value lives as long as a view of it is read.
    private static Dictionary<GraphTensor, int> LastReads(TensorGraph graph)
    {
        var last = new Dictionary<GraphTensor, int>();
        foreach (var output in graph.Outputs) last[output.Tensor] = int.MaxValue;
        for (var step = graph.Ops.Length - 1; step >= 0; step--)
        {
            var op = graph.Ops[step];
            var until = ViewOffset(op) is null ? step
                : op.Outputs.Max(output => last.GetValueOrDefault(output.Tensor, step));
            foreach (var input in op.Inputs) last[input.Tensor] = Math.Max(last.GetValueOrDefault(input.Tensor, -1), until);
        }

        return last;
    }

    private void Add(GraphOp op, int step, Dictionary<GraphTensor, int> lastReads)
    {
        if (ViewOffset(op) is { } offset)
        {
            var viewed = places[op.Inputs.First().Tensor];
            places[op.Outputs.First().Tensor] = viewed with { Offset = viewed.Offset + offset };
            return;
        }

        foreach (var output in op.Outputs)
        {
            var last = lastReads.GetValueOrDefault(output.Tensor, step);
            if (op is RowOp row && InPlace(row, output, step, lastReads) is { } replaced)
            {
                places[output.Tensor] = new(replaced, 0);
                replaced.Last = last;
                continue;
            }

            Make(output.Tensor, StorageKind.Shared, step).Last = last;
        }
    }

    // Sums, residuals and norms may be written over the residual or the input, where nobody reads that again.
    private Storage? InPlace(RowOp op, GraphOperand output, int step, Dictionary<GraphTensor, int> lastReads)
    {
        if (output.Role is Roles.QuantOut or Roles.ScaleOut || lastReads.GetValueOrDefault(output.Tensor) == int.MaxValue)
            return null;
        foreach (var read in new[] { op.Residual, op.Input })
        {
            if (read is null) continue;
            var place = places[read];
            var storage = place.Storage;
            // Last is raised by whoever took it over, another result of this op among them.
            var isFree = storage.Kind == StorageKind.Shared && storage.Last == step && place.Offset == 0 &&
                storage.Bytes == RoundUp(output.Tensor.Type.Bytes(maxTokens)) &&
                !op.Outputs.Any(other => places.TryGetValue(other.Tensor, out var taken) && taken.Storage == storage) &&
                IsWhole(op, read, storage);
            if (isFree) return storage;
        }

        return null;
    }

    // Another operand may be a part of the same memory.
    private bool IsWhole(RowOp op, GraphTensor read, Storage storage) => op.Inputs.All(input =>
        ReferenceEquals(input.Tensor, read) || places[input.Tensor].Storage != storage ||
        (input.Role is Roles.Input or Roles.Residual && places[input.Tensor].Offset == 0));

    private Storage Make(GraphTensor tensor, StorageKind kind, int step)
    {
        var storage = new Storage
        {
            Kind = kind,
            Name = tensor.Name,
            Bytes = RoundUp(tensor.Type.Bytes(maxTokens)),
            First = step,
            Last = step,
        };
        places[tensor] = new(storage, 0);
        return storage;
    }

    // The largest first, each at the lowest place that is free while it lives.
    private void Lay()
    {
        var all = places.Values.Select(place => place.Storage).Distinct().ToArray();
        Own = [.. all.Where(storage => storage.Kind is StorageKind.Input or StorageKind.Output)];
        OwnBytes = Own.Sum(storage => storage.Bytes);
        var laid = new List<Storage>();
        foreach (var storage in all.Where(storage => storage.Kind == StorageKind.Shared)
            .OrderByDescending(storage => storage.Bytes).ThenBy(storage => storage.First))
        {
            foreach (var other in laid.Where(storage.IsAliveWith).OrderBy(other => other.Offset))
            {
                if (storage.Offset + storage.Bytes <= other.Offset) break;
                storage.Offset = Math.Max(storage.Offset, other.Offset + other.Bytes);
            }

            laid.Add(storage);
            SharedBytes = Math.Max(SharedBytes, storage.Offset + storage.Bytes);
            BytesWithoutReuse += storage.Bytes;
        }
    }

    private static long RoundUp(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
