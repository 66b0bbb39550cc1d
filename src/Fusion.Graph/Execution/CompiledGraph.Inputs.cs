using System.Globalization;
using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Inputs.</content>
public sealed partial class CompiledGraph
{
    /// <summary>Copies an input of the next runs to a rank. Waits for earlier runs of this rank, which may still read
    /// it.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="name">Name of the input.</param>
    /// <param name="values">Elements of the input, for as many tokens as the run will have.</param>
    /// <exception cref="FusionArgumentException">There is no such input, or the values are not a whole number of tokens, or too
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
            if (tokens is null) ThrowUnlessSize(bytes.Length, tensor.Type.Bytes(Options.MaxTokens), name, tensor.Type);
            memory.Rank.Stream?.Synchronize();
            memory.Write(tensor, bytes);
            memory.SetGivenTokens(tensor, tokens ?? 0);
        }
    }

    /// <summary>Gets an input's memory on a rank, to be written by the caller's own kernels or copies before a run, in the rank's
    /// stream: earlier runs may still read it. <see cref="MarkInputWritten"/> tells that it is written.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="name">Name of the input.</param>
    /// <param name="tokens">Number of tokens of the run.</param>
    /// <exception cref="FusionArgumentException">There is no such input, or the number of tokens is out of range.</exception>
    public DeviceTensor GetInput(int rank, string name, int tokens)
    {
        lock (gate)
        {
            CheckTokens(tokens);
            var memory = Memory(rank);
            var tensor = Find(Report.After.Inputs, "input", name);
            return tensor.Type.At(memory.AddressOf(tensor), tokens);
        }
    }

    /// <summary>Tells that the caller's own work, in the rank's stream, writes an input where <see cref="GetInput"/> says it is.
    /// It counts as given from then on.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="name">Name of the input.</param>
    /// <param name="tokens">Number of tokens that are written.</param>
    /// <exception cref="FusionArgumentException">There is no such input, or the number of tokens is out of range.</exception>
    public void MarkInputWritten(int rank, string name, int tokens)
    {
        lock (gate)
        {
            CheckTokens(tokens);
            var memory = Memory(rank);
            var tensor = Find(Report.After.Inputs, "input", name);
            memory.SetGivenTokens(tensor, Math.Max(tokens, memory.GivenTokens(tensor) ?? 0));
        }
    }

    private void CheckInputs(int tokens)
    {
        foreach (var memory in LocalMemories)
        {
            foreach (var input in Report.After.Inputs)
            {
                var given = memory.GivenTokens(input);
                if (given >= tokens) continue;
                var found = given is null ? "is not given"
                    : string.Create(CultureInfo.InvariantCulture, $"is given for {given} {(given == 1 ? "token" : "tokens")}, and the run has {tokens}");
                throw GraphException.NotReady(null, input.Name,
                    $"Input '{input.Name}' of {memory.Rank} {found}; call {nameof(SetInput)} for each rank, or write it where " +
                    $"{nameof(GetInput)} says it is and call {nameof(MarkInputWritten)}, before the run.");
            }
        }
    }

    // Null if the bytes are not a whole number of tokens. An input with the same rows in each run counts as given for all
    // tokens.
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
}
