using Fusion.Runtime;

namespace RankProcess;

/// <summary>Collectives of a rank, whose results are compared with what the inputs of all ranks say.</summary>
internal static class CollectiveCalls
{
    private const int Columns = 64;

    public static void Check(RankGroup group, Collectives collectives, int rows, bool isRecorded)
    {
        var (rank, world) = (group.LocalRanks.Single(), group.WorldSize);
        using var input = rank.Allocate<float>(rows * world * Columns);
        using var gathered = rank.Allocate<float>(rows * world * Columns * world);
        using var part = rank.Allocate<float>(rows * Columns);
        using var indices = rank.Allocate<int>(rows * world);
        input.CopyFrom(Values(rank.Index));
        gathered.FillBytes(0xA5);
        part.FillBytes(0xA5);
        indices.FillBytes(0xA5);

        if (isRecorded)
        {
            using var graph = GpuGraph.Capture(rank.Stream!, Launch);
            graph.Launch(rank.Stream!);
            collectives.Synchronize(rank.Index);
        }
        else
        {
            Launch();
            collectives.Synchronize(rank.Index);
        }

        var all = Enumerable.Range(0, world).Select(Values).ToArray();
        var (columns, sums, best) = (new float[rows * world * Columns * world], new float[rows * Columns], new int[rows * world]);
        gathered.CopyTo(columns);
        part.CopyTo(sums);
        indices.CopyTo(best);
        for (var row = 0; row < rows * world; row++)
        {
            var line = columns.AsSpan(row * Columns * world, Columns * world);
            for (var from = 0; from < world; from++)
            {
                if (!line.Slice(from * Columns, Columns).SequenceEqual(all[from].AsSpan(row * Columns, Columns)))
                    throw new InvalidDataException($"row {row}: the columns of rank {from} are wrong");
            }

            var largest = 0;
            for (var i = 1; i < line.Length; i++) largest = line[i] > line[largest] ? i : largest;
            if (best[row] != largest) throw new InvalidDataException($"row {row}: the largest is {largest}, not {best[row]}");
        }

        for (var i = 0; i < sums.Length; i++)
        {
            var sum = -0.0f;
            for (var from = 0; from < world; from++) sum += all[from][(rank.Index * rows * Columns) + i];
            if (sums[i] != sum) throw new InvalidDataException($"element {i}: the sum is {sum}, not {sums[i]}");
        }

        void Launch()
        {
            collectives.AllGatherColumns(rank.Index, input.AsTensor(rows * world, Columns), gathered.AsTensor(rows * world, Columns * world));
            collectives.ReduceScatterRows(rank.Index, input.AsTensor(rows * world, Columns), part.AsTensor(rows, Columns));
            collectives.TopK(rank.Index, input.AsTensor(rows * world, Columns), indices.AsTensor(ElementType.Int32, rows * world, 1));
        }

        // Sums of these are exact in any order, and there are equal ones among them.
        float[] Values(int of)
        {
            var random = new Random(of + 1);
            var values = new float[rows * world * Columns];
            for (var i = 0; i < values.Length; i++) values[i] = random.Next(-512, 512) / 1024f;
            return values;
        }
    }
}
