namespace Fusion.Runtime.Tests;

/// <summary>An all-reduce of f32 over ranks on the CPU, each with an input and a place for the sum.</summary>
public sealed class CpuOperation : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly RankBuffer<float>[] inputs;
    private readonly RankBuffer<float>[] sums;

    public CpuOperation(int ranks, int hidden = 8, int maxTokens = 4, TimeSpan? timeout = null)
    {
        Hidden = hidden;
        Group = Own(RankGroup.OnCpu(ranks));
        Operation = Own(new AllReduce(Group, Options(hidden, maxTokens) with { Timeout = timeout ?? TimeSpan.FromSeconds(10) }));
        inputs = [.. Group.Ranks.Select(rank => Own(rank.Allocate<float>(maxTokens * hidden)))];
        sums = [.. Group.Ranks.Select(rank => Own(rank.Allocate<float>(maxTokens * hidden)))];
    }

    public RankGroup Group { get; }

    public AllReduce Operation { get; }

    public int Hidden { get; }

    public int Ranks => Group.WorldSize;

    public static AllReduceOptions Options(int hidden = 8, int maxTokens = 4) =>
        new() { HiddenSize = hidden, MaxTokens = maxTokens, DataType = ElementType.Float32 };

    /// <summary>A buffer of a rank with these values.</summary>
    public RankBuffer<T> Buffer<T>(int rank, params T[] values)
        where T : unmanaged
    {
        var buffer = Own(Group.Ranks[rank].Allocate<T>(values.Length));
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>A row of a rank with one value everywhere.</summary>
    public DeviceTensor Row(int rank, float value) =>
        Buffer(rank, Enumerable.Repeat(value, Hidden).ToArray()).AsTensor(1, Hidden);

    public void SetInput(int rank, params float[] values) => inputs[rank].CopyFrom(values);

    /// <summary>The rank's input filled with one value.</summary>
    public void SetInput(int rank, float value)
    {
        var all = new float[inputs[rank].Length];
        Array.Fill(all, value);
        inputs[rank].CopyFrom(all);
    }

    public AllReduceCall Call(int rank, int tokens = 1) => new()
    {
        Input = inputs[rank].AsTensor(tokens, Hidden),
        AllReduceOut = sums[rank].AsTensor(tokens, Hidden),
    };

    public AllReducePlan Launch(int rank, int tokens = 1) => Operation.Launch(rank, null, Call(rank, tokens));

    /// <summary>All ranks launch, from this thread, and are waited for.</summary>
    public void LaunchAll(int tokens = 1)
    {
        for (var rank = 0; rank < Ranks; rank++) Launch(rank, tokens);
        for (var rank = 0; rank < Ranks; rank++) Operation.Synchronize(rank);
    }

    public float[] Sum(int rank, int tokens = 1)
    {
        var values = new float[tokens * Hidden];
        sums[rank].Slice(0, values.Length).CopyTo(values);
        return values;
    }

    public void Dispose()
    {
        for (var i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }
}
