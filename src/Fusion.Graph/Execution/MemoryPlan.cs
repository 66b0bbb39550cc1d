namespace Fusion.Graph;

/// <summary>Plan of where each value is, for the largest run: values whose lives do not overlap share memory.</summary>
internal sealed class MemoryPlan
{
    private const int Alignment = 256;

    private readonly Dictionary<GraphTensor, Place> places = [];
    private readonly int maxTokens;

    private MemoryPlan(int maxTokens) => this.maxTokens = maxTokens;

    /// <summary>Size of the shared memory in bytes.</summary>
    public long SharedBytes { get; private set; }

    /// <summary>Size of inputs and outputs in bytes.</summary>
    public long OwnBytes { get; private set; }

    /// <summary>Size that all shared values would need without sharing, in bytes.</summary>
    public long BytesWithoutReuse { get; private set; }

    /// <summary>Buffers of inputs and outputs.</summary>
    public IReadOnlyList<Storage> Own { get; private set; } = [];

    /// <summary>Place of a value.</summary>
    public Place this[GraphTensor tensor] => places[tensor];

    public static MemoryPlan Of(TensorGraph graph, int maxTokens)
    {
        var plan = new MemoryPlan(maxTokens);
        foreach (var input in graph.Inputs) plan.MakeStorage(input, StorageKind.Input, -1);
        foreach (var weight in graph.Weights) plan.MakeStorage(weight, StorageKind.Weight, -1);
        var lastReads = TensorLives.LastReads(graph);
        for (var step = 0; step < graph.Ops.Length; step++) plan.Add(graph.Ops[step], step, lastReads);
        foreach (var output in graph.Outputs)
        {
            var storage = plan.places[output.Tensor].Storage;
            if (storage.Kind == StorageKind.Shared) storage.Kind = StorageKind.Output;
        }

        plan.ComputeSizes();
        return plan;
    }

    private void Add(GraphOp op, int step, Dictionary<GraphTensor, int> lastReads)
    {
        if (TensorLives.ViewOffset(op) is { } offset)
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

            MakeStorage(output.Tensor, StorageKind.Shared, step).Last = last;
        }
    }

    // Sums, residuals and norms may replace the residual or the input in place, if nothing reads that later.
    private Storage? InPlace(RowOp op, GraphOperand output, int step, Dictionary<GraphTensor, int> lastReads)
    {
        if (output.Role is Roles.QuantOut or Roles.ScaleOut || lastReads.GetValueOrDefault(output.Tensor) == int.MaxValue)
            return null;
        foreach (var read in new[] { op.Residual, op.Input })
        {
            if (read is null) continue;
            var place = places[read];
            var storage = place.Storage;
            // Last is larger if another value, such as another result of this op, replaced it in place.
            var isFree = storage.Kind == StorageKind.Shared && storage.Last == step && place.Offset == 0 &&
                storage.Bytes == RoundUp(output.Tensor.Type.Bytes(maxTokens)) &&
                !op.Outputs.Any(other => places.TryGetValue(other.Tensor, out var taken) && taken.Storage == storage) &&
                IsWhole(op, read, storage);
            if (isFree) return storage;
        }

        return null;
    }

    // Another operand may be a view of a part of the same memory.
    private bool IsWhole(RowOp op, GraphTensor read, Storage storage) => op.Inputs.All(input =>
        ReferenceEquals(input.Tensor, read) || places[input.Tensor].Storage != storage ||
        (input.Role is Roles.Input or Roles.Residual && places[input.Tensor].Offset == 0));

    private Storage MakeStorage(GraphTensor tensor, StorageKind kind, int step)
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

    private void ComputeSizes()
    {
        var all = places.Values.Select(place => place.Storage).Distinct().ToArray();
        Own = [.. all.Where(storage => storage.Kind is StorageKind.Input or StorageKind.Output)];
        OwnBytes = Own.Sum(storage => storage.Bytes);
        var shared = all.Where(storage => storage.Kind == StorageKind.Shared).ToArray();
        SharedBytes = SharedMemory.Place(shared);
        BytesWithoutReuse = shared.Sum(storage => storage.Bytes);
    }

    private static long RoundUp(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
