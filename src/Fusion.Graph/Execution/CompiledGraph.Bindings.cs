using System.Globalization;
using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Weights and inputs.</content>
public sealed partial class CompiledGraph
{
    private bool hasWeights;

    /// <summary>Says where a weight is in a rank's memory. It must stay there. Waits for runs that were started before. CUDA graphs
    /// that were recorded with another address are recorded anew.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The weight.</param>
    /// <param name="weight">Its memory, of the rank's GPU, or of the host for a rank on the CPU: of the weight's type and shape, where
    /// a single row may also be a column, at a multiple of 16, or of 4 for a single element.</param>
    /// <exception cref="GraphRunException">There is no such weight, or the memory does not fit: its type, its shape, or where it
    /// is.</exception>
    public void BindWeight(int rank, string name, DeviceTensor weight)
    {
        lock (gate)
        {
            var memory = Memory(rank);
            var tensor = Find(Report.After.Weights, "weight", name);
            if (WeightFit.FaultOf(weight, tensor.Type, memory.Rank) is { } fault)
            {
                throw new GraphRunException(
                    GraphErrorCodes.Binding, $"What is given for weight '{name}' of {memory.Rank} is {fault}.");
            }

            MoveWeight(memory, tensor, weight.Address);
        }
    }

    /// <summary>Copies a weight into memory that this object allocates for it once. Waits for runs that were started before, which may
    /// still read it.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The weight.</param>
    /// <param name="values">All its elements.</param>
    /// <exception cref="GraphRunException">There is no such weight, or these are not as many bytes as it has.</exception>
    public void SetWeight<T>(int rank, string name, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        lock (gate)
        {
            var memory = Memory(rank);
            var tensor = Find(Report.After.Weights, "weight", name);
            var bytes = MemoryMarshal.AsBytes(values);
            MustBe(bytes.Length, tensor.Type.Bytes(0), name, tensor.Type);
            memory.Rank.Stream?.Synchronize();
            var copy = memory.CopyOf(tensor);
            copy.CopyFrom(bytes);
            MoveWeight(memory, tensor, copy.Pointer.Address);
        }
    }

    /// <summary>Copies an input of the next runs. Waits for runs of this rank that were started before, which may still read
    /// it.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The input.</param>
    /// <param name="values">Its elements, for as many tokens as the run will have.</param>
    /// <exception cref="GraphRunException">There is no such input, or these are no whole number of tokens, or too
    /// many.</exception>
    public void SetInput<T>(int rank, string name, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        lock (gate)
        {
            var memory = Memory(rank);
            var tensor = Find(Report.After.Inputs, "input", name);
            var bytes = MemoryMarshal.AsBytes(values);
            var tokens = TokensOf(tensor.Type, bytes.Length);
            if (tokens is null) MustBe(bytes.Length, tensor.Type.Bytes(Options.MaxTokens), name, tensor.Type);
            memory.Rank.Stream?.Synchronize();
            memory.Write(tensor, bytes);
            memory.Give(tensor, tokens ?? 0);
        }
    }

    /// <summary>Where an input is, to be written by the user's own kernels before a run. The input then counts as given.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The input.</param>
    /// <param name="tokens">Tokens of the run.</param>
    /// <exception cref="GraphRunException">There is no such input, or it has not so many tokens.</exception>
    public DeviceTensor Input(int rank, string name, int tokens)
    {
        lock (gate)
        {
            CheckTokens(tokens);
            var memory = Memory(rank);
            var tensor = Find(Report.After.Inputs, "input", name);
            memory.Give(tensor, Math.Max(tokens, memory.GivenTokens(tensor) ?? 0));
            return tensor.Type.At(memory.AddressOf(tensor), tokens);
        }
    }

    // A recorded graph has the addresses of its weights in it.
    private void MoveWeight(RankMemory memory, GraphTensor weight, ulong address)
    {
        if (memory.WeightAddress(weight) == address) return;
        WaitForRuns();
        captured?.Forget();
        memory.Bind(weight, address);
    }

    private void CheckWeights()
    {
        if (hasWeights) return;
        foreach (var memory in memories)
        {
            foreach (var weight in Report.After.Weights)
            {
                if (memory.WeightAddress(weight) != 0) continue;
                throw new GraphRunException(GraphErrorCodes.NotReady,
                    $"Weight '{weight.Name}' of {memory.Rank} is not given; " +
                    $"call {nameof(SetWeight)} or {nameof(BindWeight)} for each rank before the first run.");
            }
        }

        // What is bound stays bound.
        hasWeights = true;
    }

    private void CheckInputs(int tokens)
    {
        foreach (var memory in memories)
        {
            foreach (var input in Report.After.Inputs)
            {
                var given = memory.GivenTokens(input);
                if (given >= tokens) continue;
                var found = given is null ? "is not given"
                    : string.Create(CultureInfo.InvariantCulture, $"is given for {given} {(given == 1 ? "token" : "tokens")}, and the run has {tokens}");
                throw new GraphRunException(GraphErrorCodes.NotReady,
                    $"Input '{input.Name}' of {memory.Rank} {found}; call {nameof(SetInput)} for each rank, or write it where " +
                    $"{nameof(Input)} says it is, before the run.");
            }
        }
    }

    // Null if these bytes are no whole number of tokens. What has the same rows in each run is given for all of them.
    private int? TokensOf(TensorType type, long bytes)
    {
        var (least, most) = (0, Options.MaxTokens);
        while (least < most)
        {
            // With padding, several numbers of tokens have the same bytes; the largest counts.
            var middle = least + ((most - least + 1) / 2);
            if (type.Bytes(middle) <= bytes) least = middle;
            else most = middle - 1;
        }

        return type.Bytes(least) == bytes ? least : null;
    }

    private static void MustBe(long found, long expected, string name, TensorType type)
    {
        if (found == expected) return;
        throw new GraphRunException(GraphErrorCodes.Binding, string.Create(CultureInfo.InvariantCulture,
            $"What is given for '{name}' is {found} bytes; {type} needs {expected}" +
            $"{(type.Rows.IsPerToken ? " at most, in whole tokens" : "")}."));
    }
}
