using Fusion.Runtime;

namespace Llama.Gpu.Steps;

/// <summary>What the host shares with the GPUs for one step, and has to itself again when that step has ended.</summary>
internal sealed class StepPlace : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly (GpuEvent Event, GpuStream Stream)[] ends;

    /// <param name="group">Group of the ranks.</param>
    /// <param name="layout">What a step is made of.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public StepPlace(RankGroup group, StepLayout layout)
    {
        try
        {
            var first = group.LocalRanks[0];
            Hosts = [.. group.LocalRanks.Select(rank => Own(rank.AllocatePinned<int>(layout.Length)))];
            Likeliest = Own(first.AllocatePinned<int>(layout.MaxSequences));
            Largest = Own(first.AllocatePinned<float>(layout.MaxSequences));
            ends = [.. group.LocalRanks.Select(rank => (Own(new GpuEvent(rank.Context!)), rank.Stream!))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the host writes the step, for each rank of this process.</summary>
    public IReadOnlyList<PinnedBuffer<int>> Hosts { get; }

    /// <summary>The likeliest token of each row of the projection.</summary>
    public PinnedBuffer<int> Likeliest { get; }

    /// <summary>Their logits.</summary>
    public PinnedBuffer<float> Largest { get; }

    /// <summary>The step that has the place, or had it last; null if there was none.</summary>
    public GpuStep? Step { get; set; }

    /// <summary>Marks the end of what was launched for the step.</summary>
    public void Record()
    {
        foreach (var (end, stream) in ends) end.Record(stream);
    }

    /// <summary>Waits for the end of the step on all ranks of this process.</summary>
    /// <exception cref="GpuException">A GPU failed.</exception>
    public void Wait()
    {
        foreach (var (end, _) in ends) end.Synchronize();
    }

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
