using Fusion.Runtime;
using Llama.Gpu.Steps;
using Llama.Model;

namespace Llama.Gpu.Ops;

/// <summary>Memory of a rank beside that of its graphs, at addresses that do not change: the cache of keys and values, what attention
/// needs between its kernels, and what the host says of a step.</summary>
internal sealed class RankState : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly RankBuffer<byte> cache;
    private readonly long bytesOfRows;

    /// <param name="rank">The rank, on a GPU.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="layout">What a step is made of.</param>
    /// <param name="pages">Number of pages of the cache.</param>
    /// <param name="kernels">Kernels of attention.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public RankState(Rank rank, ModelConfig config, int ranks, StepLayout layout, int pages, AttentionKernels kernels)
    {
        (Rank, Attention) = (rank, kernels);
        var (heads, keyValueHeads) = (config.Heads / ranks, config.KeyValueHeads / ranks);
        bytesOfRows = (long)pages * keyValueHeads * StepLayout.PageSize * config.HeadSize * sizeof(ushort);
        try
        {
            cache = Own(rank.Allocate<byte>(2 * config.Layers * bytesOfRows));
            Turned = Own(rank.Allocate<ushort>((long)layout.MaxRows * heads * config.HeadSize));
            Angles = Own(rank.Allocate<float>((long)layout.MaxContext * config.HeadSize));
            Step = Own(rank.Allocate<int>(layout.Length));
            Angles.CopyFrom(RopeTable.Of(config, layout.MaxContext));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Rank Rank { get; }

    public AttentionKernels Attention { get; }

    /// <summary>Queries behind RoPE, of one layer after the other.</summary>
    public RankBuffer<ushort> Turned { get; }

    public RankBuffer<float> Angles { get; }

    /// <summary>What the host says of the step, as <see cref="StepLayout"/> has it.</summary>
    public RankBuffer<int> Step { get; }

    /// <summary>Where the step before left the tokens that it chose; null before the first.</summary>
    public DevicePointer<int> Chosen { get; set; }

    /// <summary>The cache: for each layer, keys and then values.</summary>
    public RankBuffer<byte> Cache => cache;

    /// <summary>Size of the cache in bytes.</summary>
    public long CacheBytes => cache.Length;

    /// <summary>Address of a layer's keys in the cache.</summary>
    public DevicePointer<byte> KeysOf(int layer) => cache.Pointer + (2 * layer * bytesOfRows);

    /// <summary>Address of a layer's values in the cache.</summary>
    public DevicePointer<byte> ValuesOf(int layer) => cache.Pointer + (((2 * layer) + 1) * bytesOfRows);

    public void Dispose()
    {
        for (var i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
        owned.Clear();
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }
}
