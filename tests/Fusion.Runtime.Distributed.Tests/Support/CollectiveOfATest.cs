using System.Runtime.InteropServices;

namespace Fusion.Runtime.Distributed.Tests.Support;

/// <summary>A collective that ranks do on GPUs and on the CPU, with the same numbers.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Type">Type of the inputs.</param>
/// <param name="Rows">Rows of each rank's input.</param>
/// <param name="Columns">Columns of each rank's input.</param>
/// <param name="Choices">Number of choices of a row.</param>
internal sealed record CollectiveOfATest(CollectiveKind Kind, ElementType Type, int Rows, int Columns, int Choices = 0)
{
    /// <summary>What each rank on the CPU gets.</summary>
    /// <param name="ranks">World size.</param>
    /// <param name="round">Number by which inputs differ.</param>
    public byte[][] Expected(int ranks, int round = 0)
    {
        using var alone = RankGroup.OnCpu(ranks);
        using var operation = new Collectives(alone);
        var calls = alone.Ranks.Select(rank => new Call(this, rank, ranks)).ToArray();
        foreach (var call in calls)
        {
            call.Begin(round);
            call.Launch(operation);
        }

        foreach (var call in calls) operation.Synchronize(call.Rank.Index);
        return [.. calls.Select(call => call.Results())];
    }

    /// <summary>Does a rank's part of the call, with poisoned outputs.</summary>
    /// <param name="group">Group of the rank.</param>
    /// <param name="operation">Operation of the group.</param>
    /// <param name="round">Number by which inputs differ.</param>
    /// <returns>What the rank gets.</returns>
    public byte[] Run(RankGroup group, Collectives operation, int round = 0)
    {
        var call = new Call(this, group.LocalRanks.Single(), group.WorldSize);
        call.Begin(round);
        call.Launch(operation);
        operation.Synchronize(call.Rank.Index);
        return call.Results();
    }

    // Sums of these are exact in any order, and there are equal ones among them.
    private byte[] Numbers(int rank, int round)
    {
        var random = new Random(HashCode.Combine(rank, round, (int)Kind, Rows, Columns));
        var isSum = Kind == CollectiveKind.ReduceScatterRows;
        float[] numbers = [.. Enumerable.Range(0, Rows * Columns).Select(_ => random.Next(isSum ? 10 : 12) switch
        {
            0 => -0.0f,
            1 => 0,
            10 => random.Next(20) == 0 ? float.NaN : -3,
            11 => random.Next(20) == 0 ? float.PositiveInfinity : float.NegativeInfinity,
            _ => random.Next(-16, 17) / 4f,
        })];
        return Type switch
        {
            ElementType.Float32 => MemoryMarshal.AsBytes<float>(numbers).ToArray(),
            ElementType.Float16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(numbers, number => (Half)number)).ToArray(),
            _ => MemoryMarshal.AsBytes<BFloat16>(Array.ConvertAll(numbers, number => (BFloat16)number)).ToArray(),
        };
    }

    /// <summary>A rank's part of the call.</summary>
    internal sealed class Call
    {
        private readonly CollectiveOfATest what;
        private readonly RankBuffer<byte> input, output, values;
        private readonly DeviceTensor inputTensor, outputTensor, valueTensor;

        public Call(CollectiveOfATest what, Rank rank, int ranks)
        {
            (this.what, Rank) = (what, rank);
            var (rows, columns, type) = what.Kind switch
            {
                CollectiveKind.AllGatherColumns => (what.Rows, ranks * what.Columns, what.Type),
                CollectiveKind.AllGatherRows => (ranks * what.Rows, what.Columns, what.Type),
                CollectiveKind.ReduceScatterRows => (what.Rows / ranks, what.Columns, what.Type),
                _ => (what.Rows, what.Choices, ElementType.Int32),
            };
            input = rank.Allocate<byte>(DeviceTensor.ByteCount(what.Type, what.Rows * what.Columns));
            output = rank.Allocate<byte>(DeviceTensor.ByteCount(type, rows * columns));
            values = rank.Allocate<byte>(Math.Max(what.Rows * what.Choices * sizeof(float), 16));
            inputTensor = new(input.Pointer.Address, what.Type, what.Rows, what.Columns);
            outputTensor = new(output.Pointer.Address, type, rows, columns);
            valueTensor = new(values.Pointer.Address, ElementType.Float32, what.Rows, what.Choices);
        }

        public Rank Rank { get; }

        public void Begin(int round)
        {
            input.CopyFrom(what.Numbers(Rank.Index, round));
            output.FillBytes(0xA5);
            values.FillBytes(0xA5);
        }

        public void Launch(Collectives operation)
        {
            if (what.Kind == CollectiveKind.AllGatherColumns) operation.AllGatherColumns(Rank.Index, inputTensor, outputTensor);
            else if (what.Kind == CollectiveKind.AllGatherRows) operation.AllGatherRows(Rank.Index, inputTensor, outputTensor);
            else if (what.Kind == CollectiveKind.ReduceScatterRows) operation.ReduceScatterRows(Rank.Index, inputTensor, outputTensor);
            else operation.TopK(Rank.Index, inputTensor, outputTensor, valueTensor);
        }

        public byte[] Results()
        {
            var (results, numbers) = (new byte[output.Length], new byte[values.Length]);
            output.CopyTo(results);
            values.CopyTo(numbers);
            return [.. results, .. numbers];
        }
    }
}
