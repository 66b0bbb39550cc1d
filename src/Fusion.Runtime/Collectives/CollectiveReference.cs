namespace Fusion.Runtime;

/// <summary>Reference of the collectives in plain C#, in host memory: ranks on the CPU compute with it, and kernels are compared
/// with it bit for bit.</summary>
internal static unsafe class CollectiveReference
{
    /// <summary>Computes a call of all ranks.</summary>
    /// <param name="calls">Calls of the ranks, call i being rank i's, which agree and were validated. Those of other processes have
    /// no outputs.</param>
    public static void Compute(ReadOnlySpan<CollectiveCall> calls)
    {
        switch (calls[0].Kind)
        {
            case CollectiveKind.AllGatherColumns:
                Gather(calls, calls[0].Input.Rows);
                break;
            case CollectiveKind.AllGatherRows:
                Gather(calls, 1);
                break;
            case CollectiveKind.ReduceScatterRows:
                ReduceScatter(calls);
                break;
            default:
                Choose(calls);
                break;
        }
    }

    /// <summary>Gets the integer whose order is that of a choice: as choice_key.cuh.</summary>
    /// <param name="value">The number.</param>
    /// <param name="index">Its index over the columns of all ranks.</param>
    internal static ulong KeyOf(float value, int index)
    {
        const uint LastIndex = 0x7FFFFFFF, OrderedNan = 0xFFC00000, Sign = 0x80000000;
        var bits = BitConverter.SingleToUInt32Bits(value);
        var ordered = float.IsNaN(value) ? OrderedNan : value == 0 ? Sign : (bits & Sign) != 0 ? ~bits : bits | Sign;
        return ((ulong)ordered << 32) | (LastIndex - (uint)index);
    }

    private static void Gather(ReadOnlySpan<CollectiveCall> calls, long rows)
    {
        var part = calls[0].Input.Bytes / rows;
        foreach (var to in calls)
        {
            if (to.Output is not { } place) continue;
            for (var row = 0L; row < rows; row++)
            {
                for (var from = 0; from < calls.Length; from++)
                {
                    var output = (byte*)place.Address + (((row * calls.Length) + from) * part);
                    Buffer.MemoryCopy((byte*)calls[from].Input.Address + (row * part), output, part, part);
                }
            }
        }
    }

    private static void ReduceScatter(ReadOnlySpan<CollectiveCall> calls)
    {
        var format = RowFormat.For(calls[0].Input.Type);
        var rows = calls[0].Input.Rows / calls.Length;
        var sum = new float[calls[0].Input.Columns];
        for (var rank = 0; rank < calls.Length; rank++)
        {
            if (calls[rank].Output is not { } output) continue;
            for (var row = 0L; row < rows; row++)
            {
                Array.Fill(sum, AllReduceReference.EmptySum);
                foreach (var call in calls) format.AddTo(sum, call.Input, (rank * rows) + row);
                format.Round(sum);
                format.Write(sum, output, row);
            }
        }
    }

    private static void Choose(ReadOnlySpan<CollectiveCall> calls)
    {
        var format = RowFormat.For(calls[0].Input.Type);
        var columns = (int)calls[0].Input.Columns;
        var (all, keys) = (new float[calls.Length * columns], new ulong[calls.Length * columns]);
        for (var row = 0L; row < calls[0].Input.Rows; row++)
        {
            for (var rank = 0; rank < calls.Length; rank++) format.Read(calls[rank].Input, row, all.AsSpan(rank * columns, columns));
            for (var i = 0; i < all.Length; i++) keys[i] = ~KeyOf(all[i], i);
            Array.Sort(keys);
            foreach (var call in calls)
            {
                for (var choice = 0; choice < call.Choices; choice++) Write(call, row, choice, ~keys[choice]);
            }
        }
    }

    private static void Write(in CollectiveCall call, long row, int choice, ulong key)
    {
        var at = (row * call.Choices) + choice;
        ((int*)call.Indices!.Value.Address)[at] = (int)(0x7FFFFFFF - (uint)key);
        if (call.Output is not { } values) return;
        var ordered = (uint)(key >> 32);
        ((uint*)values.Address)[at] = (ordered & 0x80000000) != 0 ? ordered & 0x7FFFFFFF : ~ordered;
    }
}
