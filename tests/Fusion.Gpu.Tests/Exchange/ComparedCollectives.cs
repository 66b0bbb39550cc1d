using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Exchange;

/// <summary>Collectives on the ranks of a test and on ranks on the CPU, whose results are compared byte by byte.</summary>
internal sealed class ComparedCollectives : IDisposable
{
    private const int Guard = 256;

    private readonly RankGroup cpu;
    private readonly Collectives expected;
    private readonly List<IDisposable> buffers = [];

    public ComparedCollectives(int ranks, CollectivesOptions? options = null)
    {
        Group = OpenGpus.Group(ranks);
        Operation = new(Group, options);
        cpu = RankGroup.OnCpu(ranks);
        expected = new(cpu);
    }

    public RankGroup Group { get; }

    public Collectives Operation { get; }

    /// <summary>Numbers with all that is special: equal ones, zeros of both signs, infinities and NaN.</summary>
    public static float[] Special(Random random, int count) => [.. Fused.Numbers.Random(random, count).Select(number => random.Next(12) switch
    {
        0 => MathF.Round(number),
        1 => -0.0f,
        2 => 0,
        3 when random.Next(20) == 0 => float.NaN,
        4 when random.Next(20) == 0 => float.PositiveInfinity,
        5 => float.NegativeInfinity,
        _ => number,
    })];

    /// <summary>Does a call on both groups, with poisoned outputs.</summary>
    /// <returns>What is wrong; empty if nothing is.</returns>
    public string Compare(CollectiveKind kind, ElementType type, int rows, int columns, int choices = 0, Func<int, float[]>? numbers = null)
    {
        var ranks = Group.WorldSize;
        var random = new Random(HashCode.Combine(17, (int)kind, (int)type, rows, columns));
        var data = Enumerable.Range(0, ranks).Select(rank => Fused.Numbers.Bytes(type, numbers?.Invoke(rank) ?? Special(random, rows * columns))).ToArray();
        var (first, second) = (Outputs(Group, Operation), Outputs(cpu, expected));
        for (var rank = 0; rank < ranks; rank++)
        {
            for (var i = 0; i < first[rank].Length; i++)
            {
                var (output, wanted) = (Read(first[rank][i].Buffer), Read(second[rank][i].Buffer));
                var at = Fused.Numbers.Difference(first[rank][i].Type, output.AsSpan(Guard..^Guard), wanted.AsSpan(Guard..^Guard));
                if (at >= 0) return $"{ranks} ranks, {kind} {type} {rows} × {columns}, {choices} choices: rank {rank}, output {i}, element {at}";
                if (output.AsSpan(..Guard).ContainsAnyExcept((byte)0xFF) || output.AsSpan(^Guard..).ContainsAnyExcept((byte)0xFF))
                    return $"{kind} {type} {rows} × {columns}: rank {rank} wrote outside of output {i}";
            }
        }

        buffers.ForEach(buffer => buffer.Dispose());
        buffers.Clear();
        return "";

        (RankBuffer<byte> Buffer, ElementType Type)[][] Outputs(RankGroup group, Collectives operation)
        {
            var outputs = group.Ranks.Select(rank => Launch(rank, operation)).ToArray();
            foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
            return outputs;
        }

        (RankBuffer<byte> Buffer, ElementType Type)[] Launch(Rank rank, Collectives operation)
        {
            var buffer = Allocate(rank, data[rank.Index].Length);
            buffer.CopyFrom(data[rank.Index]);
            var input = new DeviceTensor(buffer.Pointer.Address, type, rows, columns);
            if (kind == CollectiveKind.TopK)
            {
                var (indices, values) = (Output(rank, ElementType.Int32, rows, choices), Output(rank, ElementType.Float32, rows, choices));
                operation.TopK(rank.Index, input, indices.Tensor, values.Tensor);
                return [(indices.Buffer, ElementType.Int32), (values.Buffer, ElementType.Float32)];
            }

            var (of, wide) = kind switch
            {
                CollectiveKind.AllGatherColumns => (rows, ranks * columns),
                CollectiveKind.AllGatherRows => (ranks * rows, columns),
                _ => (rows / ranks, columns),
            };
            var output = Output(rank, type, of, wide);
            if (kind == CollectiveKind.AllGatherColumns) operation.AllGatherColumns(rank.Index, input, output.Tensor);
            else if (kind == CollectiveKind.AllGatherRows) operation.AllGatherRows(rank.Index, input, output.Tensor);
            else operation.ReduceScatterRows(rank.Index, input, output.Tensor);
            return [(output.Buffer, type)];
        }
    }

    public void Dispose()
    {
        Operation.Dispose();
        cpu.Dispose();
        buffers.ForEach(buffer => buffer.Dispose());
    }

    private static byte[] Read(RankBuffer<byte> buffer)
    {
        var bytes = new byte[buffer.Length];
        buffer.CopyTo(bytes);
        return bytes;
    }

    private (RankBuffer<byte> Buffer, DeviceTensor Tensor) Output(Rank rank, ElementType type, long rows, long columns)
    {
        var buffer = Allocate(rank, DeviceTensor.ByteCount(type, rows * columns) + (2 * Guard));
        buffer.FillBytes(0xFF);
        return (buffer, new(buffer.Pointer.Address + Guard, type, rows, columns));
    }

    private RankBuffer<byte> Allocate(Rank rank, long bytes)
    {
        var buffer = rank.Allocate<byte>(bytes);
        buffers.Add(buffer);
        return buffer;
    }
}
