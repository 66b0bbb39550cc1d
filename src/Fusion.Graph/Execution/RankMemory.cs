using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Memory of a rank for the values of a compiled graph.</summary>
internal sealed class RankMemory : IDisposable
{
    private readonly MemoryPlan plan;
    private readonly RankBuffer<byte> shared;
    private readonly Dictionary<Storage, RankBuffer<byte>> own = [];
    private readonly Dictionary<Storage, DeviceTensor> weights = [];
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

    /// <summary>Tells whether a weight is bound to memory.</summary>
    public bool IsBound(GraphTensor weight) => weights.ContainsKey(plan[weight].Storage);

    /// <summary>Gets the address of a value.</summary>
    public ulong AddressOf(GraphTensor tensor)
    {
        var place = plan[tensor];
        var start = place.Storage.Kind switch
        {
            StorageKind.Shared => shared.Pointer.Address + (ulong)place.Storage.Offset,
            StorageKind.Weight => weights[place.Storage].Address,
            _ => own[place.Storage].Pointer.Address,
        };
        return start + (ulong)place.Offset;
    }

    /// <summary>Binds a weight to a place in memory, whose buffer is kept from being collected.</summary>
    public void Bind(GraphTensor weight, DeviceTensor place) => weights[plan[weight].Storage] = place;

    /// <summary>Gets the address of a weight; 0 if it is not bound yet.</summary>
    public ulong WeightAddress(GraphTensor weight) => weights.GetValueOrDefault(plan[weight].Storage).Address;

    /// <summary>Gets the buffer for a copy of a weight, allocated at the first call.</summary>
    public RankBuffer<byte> CopyOf(GraphTensor weight)
    {
        var storage = plan[weight].Storage;
        if (!copies.TryGetValue(storage, out var buffer)) copies[storage] = buffer = Rank.Allocate<byte>(storage.Bytes);
        return buffer;
    }

    /// <summary>Copies bytes into an input.</summary>
    public void Write(GraphTensor input, ReadOnlySpan<byte> bytes) => own[plan[input].Storage].CopyFrom(bytes);

    /// <summary>Gets the number of tokens for which an input is given; null if it was never given.</summary>
    public int? GivenTokens(GraphTensor input) => givenTokens.TryGetValue(input, out var tokens) ? tokens : null;

    /// <summary>Notes for how many tokens an input is given.</summary>
    public void SetGivenTokens(GraphTensor input, int tokens) => givenTokens[input] = tokens;

    /// <summary>Copies a value, or a part of it, to the host; false if its memory is the caller's own.</summary>
    public unsafe bool TryRead(GraphTensor tensor, Span<byte> bytes, long offset)
    {
        if (Rank.Context is null)
        {
            new ReadOnlySpan<byte>((byte*)AddressOf(tensor) + offset, bytes.Length).CopyTo(bytes);
            return true;
        }

        var place = plan[tensor];
        if (!own.TryGetValue(place.Storage, out var buffer) && !copies.TryGetValue(place.Storage, out buffer)) return false;
        buffer.Slice(place.Offset + offset, bytes.Length).CopyTo(bytes);
        return true;
    }

    public void Dispose()
    {
        shared.Dispose();
        foreach (var buffer in own.Values.Concat(copies.Values)) buffer.Dispose();
    }
}
