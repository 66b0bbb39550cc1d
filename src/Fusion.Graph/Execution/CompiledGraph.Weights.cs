using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Weights.</content>
public sealed partial class CompiledGraph
{
    private bool hasWeights;

    /// <summary>Binds a weight to memory of a rank, which must not be disposed before this graph; a tensor from
    /// <see cref="RankBuffer{T}.AsTensor(long, long)"/> and its like keeps its buffer from being collected. Waits for earlier runs. CUDA graphs that were recorded
    /// with another address are recorded again.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="name">Name of the weight.</param>
    /// <param name="weight">Memory of the rank's GPU, or host memory for a rank on the CPU, of the weight's type and shape;
    /// a single row may also be given as a column. The address is a multiple of 16, or of 4 for a single element.</param>
    /// <exception cref="FusionArgumentException">There is no such weight, or type, shape or address of the memory do not
    /// fit.</exception>
    public void BindWeight(int rank, string name, DeviceTensor weight)
    {
        lock (gate)
        {
            var memory = Memory(rank);
            var tensor = Find(Report.After.Weights, "weight", name);
            if (WeightFit.FaultOf(weight, tensor.Type, memory.Rank) is { } fault)
            {
                throw GraphErrors.Binding(nameof(weight), $"What is given for weight '{name}' of {memory.Rank} is {fault}.");
            }

            MoveWeight(memory, tensor, weight);
        }
    }

    /// <summary>Copies a weight to a rank, into memory that this object allocates once. Waits for earlier runs, which may
    /// still read it.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="name">Name of the weight.</param>
    /// <param name="values">All elements of the weight.</param>
    /// <exception cref="FusionArgumentException">There is no such weight, or its size in bytes differs.</exception>
    public void SetWeight<T>(int rank, string name, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        lock (gate)
        {
            var memory = Memory(rank);
            var tensor = Find(Report.After.Weights, "weight", name);
            var bytes = MemoryMarshal.AsBytes(values);
            ThrowUnlessSize(bytes.Length, tensor.Type.Bytes(0), name, tensor.Type);
            memory.Rank.Stream?.Synchronize();
            var copy = memory.CopyOf(tensor);
            copy.CopyFrom(bytes);
            MoveWeight(memory, tensor, copy.AsTensor(ElementType.Float8E4M3, 1, copy.Length));
        }
    }

    // A recorded CUDA graph holds the addresses of its weights.
    private void MoveWeight(RankMemory memory, GraphTensor weight, DeviceTensor place)
    {
        if (memory.WeightAddress(weight) != place.Address)
        {
            WaitForRuns();
            captured?.Forget();
        }

        memory.Bind(weight, place);
    }

    private void CheckWeights()
    {
        if (hasWeights) return;
        foreach (var memory in LocalMemories)
        {
            foreach (var weight in Report.After.Weights)
            {
                if (memory.WeightAddress(weight) != 0) continue;
                throw GraphException.NotReady(null, weight.Name,
                    $"Weight '{weight.Name}' of {memory.Rank} is not given; " +
                    $"call {nameof(SetWeight)} or {nameof(BindWeight)} for each rank before the first run.");
            }
        }

        // A weight that is bound stays bound.
        hasWeights = true;
    }

    private static void ThrowUnlessSize(long found, long expected, string name, TensorType type)
    {
        if (found == expected) return;
        throw GraphErrors.Binding("values",
            $"What is given for '{name}' is {found} bytes; {type} needs {expected}{(type.Rows.IsPerToken ? " at most, in whole tokens" : "")}.");
    }
}
