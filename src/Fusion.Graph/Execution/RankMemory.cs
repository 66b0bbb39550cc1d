using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A rank's memory of a compiled graph.</summary>
internal sealed class RankMemory : IDisposable
{
    private readonly MemoryPlan plan;
    private readonly RankBuffer<byte> shared;
    private readonly Dictionary<Storage, RankBuffer<byte>> own = [];
    private readonly Dictionary<Storage, ulong> weights = [];
    private readonly Dictionary<Storage, RankBuffer<byte>> copies = [];
    private readonly Dictionary<GraphTensor, int> givenTokens = [];

    /// <exception cref="GpuException">There is not enough memory.</exception>
    public RankMemory(Rank rank, MemoryPlan plan)
    {
        (Rank, this.plan) = (rank, plan);
        shared = rank.Allocate<byte>(Math.Max(1, plan.SharedBytes));
        try
        {
            foreach (var storage in plan.Own) own[storage] = rank.Allocate<byte>(storage.Bytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Rank Rank { get; }

    /// <summary>Whether a weight's memory is known.</summary>
    public bool IsBound(GraphTensor weight) => weights.ContainsKey(plan[weight].Storage);

    /// <summary>Address of a value.</summary>
    public ulong AddressOf(GraphTensor tensor)
    {
        var place = plan[tensor];
        var start = place.Storage.Kind switch
        {
            StorageKind.Shared => shared.Pointer.Address + (ulong)place.Storage.Offset,
            StorageKind.Weight => weights[place.Storage],
            _ => own[place.Storage].Pointer.Address,
        };
        return start + (ulong)place.Offset;
    }

    /// <summary>Says where a weight is.</summary>
    public void Bind(GraphTensor weight, ulong address) => weights[plan[weight].Storage] = address;

    /// <summary>Address of a weight; 0 if it is not known yet.</summary>
    public ulong WeightAddress(GraphTensor weight) => weights.GetValueOrDefault(plan[weight].Storage);

    /// <summary>Memory of this class for a copy of a weight: the same at each call.</summary>
    public RankBuffer<byte> CopyOf(GraphTensor weight)
    {
        var storage = plan[weight].Storage;
        if (!copies.TryGetValue(storage, out var buffer)) copies[storage] = buffer = Rank.Allocate<byte>(storage.Bytes);
        return buffer;
    }

    /// <summary>Copies into an input.</summary>
    public void Write(GraphTensor input, ReadOnlySpan<byte> bytes) => own[plan[input].Storage].CopyFrom(bytes);

    /// <summary>Tokens for which an input is given; null if it was never given.</summary>
    public int? GivenTokens(GraphTensor input) => givenTokens.TryGetValue(input, out var tokens) ? tokens : null;

    /// <summary>Remembers for how many tokens an input is given.</summary>
    public void Give(GraphTensor input, int tokens) => givenTokens[input] = tokens;

    /// <summary>Copies a value out; false if its memory is the user's own.</summary>
    public unsafe bool TryRead(GraphTensor tensor, Span<byte> bytes)
    {
        if (Rank.Context is null)
        {
            new ReadOnlySpan<byte>((byte*)AddressOf(tensor), bytes.Length).CopyTo(bytes);
            return true;
        }

        var place = plan[tensor];
        if (!own.TryGetValue(place.Storage, out var buffer) && !copies.TryGetValue(place.Storage, out buffer)) return false;
        var all = new byte[place.Offset + bytes.Length];
        buffer.CopyTo(all);
        all.AsSpan((int)place.Offset).CopyTo(bytes);
        return true;
    }

    public void Dispose()
    {
        shared.Dispose();
        foreach (var buffer in own.Values.Concat(copies.Values)) buffer.Dispose();
    }
}
