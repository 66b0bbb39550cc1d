using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>An all-reduce on the ranks of a test, and the ranks' buffers for one case at a time.</summary>
internal sealed class ComparedRanks : IDisposable
{
    private const int Guard = 256;

    private readonly Dictionary<(int Rank, string Name), RankBuffer<byte>> buffers = [];

    public ComparedRanks(int ranks, AllReduceOptions options, KernelLoadOptions? kernels = null)
    {
        Group = OpenGpus.Group(ranks, kernels);
        Operation = new AllReduce(Group, options);
    }

    public RankGroup Group { get; }

    public AllReduce Operation { get; }

    /// <summary>Runs a case on all ranks, with poisoned outputs, and compares every byte of every rank's outputs, and what
    /// lies around them.</summary>
    /// <returns>What is wrong; empty if nothing is.</returns>
    public string Compare(AllReduceCase data, Epilogue epilogue, AllReduceStrategy? strategy, bool upload = true)
    {
        var calls = Prepare(data, epilogue, upload);
        foreach (var rank in Group.Ranks) Operation.Launch(rank.Index, null, calls[rank.Index], strategy);
        foreach (var rank in Group.Ranks) Operation.Synchronize(rank.Index);
        var wrong = WhatIsWrong(data, epilogue);
        return wrong.Length == 0
            ? ""
            : $"{Group.WorldSize} ranks, {data.Type}, {data.Tokens} × {data.Hidden}, {strategy}, {epilogue}: {wrong}";
    }

    /// <summary>Uploads the inputs and poisons the outputs.</summary>
    /// <returns>A call for each rank.</returns>
    public AllReduceCall[] Prepare(AllReduceCase data, Epilogue epilogue, bool upload = true) =>
        [.. Group.Ranks.Select(rank => data.Call(
            epilogue,
            Input(rank, "input", data.Inputs[rank.Index], upload),
            Input(rank, "residual", data.Residual, upload),
            Input(rank, "gamma", data.Gamma, upload),
            Input(rank, "beta", data.Beta, upload),
            Input(rank, "scale", BitConverter.GetBytes(AllReduceCase.ScaleOf(epilogue)), upload: true),
            (name, bytes) => Output(rank, name, bytes)))];

    /// <summary>Compares what is in the outputs.</summary>
    public string WhatIsWrong(AllReduceCase data, Epilogue epilogue, IReadOnlyDictionary<string, byte[]>? expectedOutputs = null)
    {
        foreach (var (name, expected) in expectedOutputs ?? data.Expected(epilogue))
        {
            foreach (var rank in Group.Ranks)
            {
                var all = Read(rank.Index, name, expected.Length + (2 * Guard));
                var actual = all.AsSpan(Guard, expected.Length);
                var at = Numbers.Difference(TypeOf(name, data, epilogue), actual, expected);
                if (at >= 0) return $"rank {rank.Index}, {name}[{at}] ({at / data.Hidden}, {at % data.Hidden})";
                if (all.AsSpan(0, Guard).ContainsAnyExcept((byte)0xFF) || all.AsSpan(Guard + expected.Length).ContainsAnyExcept((byte)0xFF))
                    return $"rank {rank.Index} wrote outside of {name}";
            }
        }

        return "";
    }

    /// <summary>What is where an input was.</summary>
    public byte[] Input(int rank, string name, int bytes) => Read(rank, name, bytes);

    /// <summary>What is in an output.</summary>
    public byte[] Output(int rank, string name, int bytes) => Read(rank, name, Guard + bytes)[Guard..];

    public void Dispose()
    {
        Operation.Dispose();
        foreach (var buffer in buffers.Values) buffer.Dispose();
    }

    private static ElementType TypeOf(string name, AllReduceCase data, Epilogue epilogue) => name switch
    {
        nameof(AllReduceCall.QuantOut) => ScaleLayouts.CodeType(epilogue.Quantization),
        nameof(AllReduceCall.ScaleOut) => ScaleLayouts.ScaleType(epilogue.Quantization)!.Value,
        _ => data.Type,
    };

    private byte[] Read(int rank, string name, int bytes)
    {
        var content = new byte[bytes];
        buffers[(rank, name)].Slice(0, bytes).CopyTo(content);
        return content;
    }

    private ulong Input(Rank rank, string name, byte[] content, bool upload)
    {
        var buffer = Buffer(rank, name, content.Length);
        if (upload) buffer.CopyFrom(content);
        return buffer.Pointer.Address;
    }

    private ulong Output(Rank rank, string name, long bytes)
    {
        var buffer = Buffer(rank, name, bytes + (2 * Guard));
        buffer.FillBytes(0xFF);
        return buffer.Pointer.Address + Guard;
    }

    private RankBuffer<byte> Buffer(Rank rank, string name, long bytes)
    {
        if (buffers.TryGetValue((rank.Index, name), out var buffer) && buffer.Length >= bytes) return buffer;
        buffer?.Dispose();
        return buffers[(rank.Index, name)] = rank.Allocate<byte>(bytes);
    }
}
