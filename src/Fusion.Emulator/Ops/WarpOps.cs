using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>Reads a value of another lane.</summary>
internal sealed unsafe class Shuffle(string mode, int to, int found, int a, int lane, int clamp, int lanes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(ref mask, lanes)) return;
        var x = (uint*)(warp.Registers + a);
        var b = (uint*)(warp.Registers + lane);
        var c = (uint*)(warp.Registers + clamp);
        var result = stackalloc uint[32];
        var inRange = 0u;
        for (var left = mask; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            var (segment, limit) = ((int)(c[i] >> 8 & 31), (int)(c[i] & 31));
            var least = i & segment;
            var most = least | (limit & ~segment);
            var offset = (int)(b[i] & 31);
            var (from, isIn) = mode switch
            {
                "up" => (i - offset, i - offset >= most),
                "down" => (i + offset, i + offset <= most),
                "bfly" => (i ^ offset, (i ^ offset) <= most),
                _ => (least | (offset & ~segment), (least | (offset & ~segment)) <= most),
            };
            if (!isIn) from = i;
            else inRange |= 1u << i;
            // The value of a lane that takes no part is undefined.
            result[i] = (mask >> from & 1) != 0 ? x[from] : 0xDEAD_BEEF;
        }

        var r = (uint*)(warp.Registers + to);
        for (var left = to < 0 ? 0 : mask; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            r[i] = result[i];
        }

        if (found >= 0) Predicates.Set(warp, found, mask, inRange);
    }
}

/// <summary>Asks what holds in all lanes.</summary>
internal sealed unsafe class Vote(string mode, int to, int a, bool isNegated, int lanes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(ref mask, lanes)) return;
        var votes = (*(uint*)(warp.Registers + a) ^ (isNegated ? uint.MaxValue : 0)) & mask;
        if (mode == "ballot")
        {
            for (var left = mask; left != 0; left &= left - 1) ((uint*)(warp.Registers + to))[BitOperations.TrailingZeroCount(left)] = votes;
            return;
        }

        var holds = mode switch
        {
            "all" => votes == mask,
            "any" => votes != 0,
            _ => votes == 0 || votes == mask,
        };
        Predicates.Set(warp, to, mask, holds ? uint.MaxValue : 0);
    }
}

/// <summary>Finds the lanes with the same value.</summary>
internal sealed unsafe class Match(bool all, int to, int same, int a, bool isWide, int lanes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(ref mask, lanes)) return;
        var everybody = uint.MaxValue;
        for (var left = mask; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            var equal = 0u;
            for (var others = mask; others != 0; others &= others - 1)
            {
                var other = BitOperations.TrailingZeroCount(others);
                if (Value(warp, other) == Value(warp, i)) equal |= 1u << other;
            }

            if (equal != mask) everybody = 0;
            if (!all) ((uint*)(warp.Registers + to))[i] = equal;
        }

        if (!all) return;
        for (var left = mask; left != 0; left &= left - 1) ((uint*)(warp.Registers + to))[BitOperations.TrailingZeroCount(left)] = mask & everybody;
        if (same >= 0) Predicates.Set(warp, same, mask, everybody);
    }

    private ulong Value(Warp warp, int lane) => isWide ? ((ulong*)(warp.Registers + a))[lane] : ((uint*)(warp.Registers + a))[lane];
}

/// <summary>Reduces the values of the lanes to one.</summary>
internal sealed unsafe class Reduce(string operation, bool isSigned, int to, int a, int lanes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(ref mask, lanes)) return;
        var x = (uint*)(warp.Registers + a);
        var result = x[BitOperations.TrailingZeroCount(mask)];
        for (var left = mask & (mask - 1); left != 0; left &= left - 1)
        {
            var value = x[BitOperations.TrailingZeroCount(left)];
            result = operation switch
            {
                "add" => result + value,
                "and" => result & value,
                "or" => result | value,
                "xor" => result ^ value,
                "min" => isSigned ? (uint)Math.Min((int)result, (int)value) : Math.Min(result, value),
                _ => isSigned ? (uint)Math.Max((int)result, (int)value) : Math.Max(result, value),
            };
        }

        for (var left = mask; left != 0; left &= left - 1) ((uint*)(warp.Registers + to))[BitOperations.TrailingZeroCount(left)] = result;
    }
}

/// <summary>Tells which lanes run together.</summary>
internal sealed unsafe class ActiveMask(int to) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        for (var left = mask; left != 0; left &= left - 1) ((uint*)(warp.Registers + to))[BitOperations.TrailingZeroCount(left)] = mask;
    }
}

/// <summary>Chooses one lane.</summary>
internal sealed unsafe class Elect(int to, int isLeader, int lanes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(ref mask, lanes)) return;
        var leader = BitOperations.TrailingZeroCount(mask);
        for (var left = to < 0 ? 0 : mask; left != 0; left &= left - 1)
            ((uint*)(warp.Registers + to))[BitOperations.TrailingZeroCount(left)] = (uint)leader;
        if (isLeader >= 0) Predicates.Set(warp, isLeader, mask, 1u << leader);
    }
}

/// <summary>Lets the lanes of a warp wait for each other.</summary>
internal sealed class WarpBarrier(int lanes) : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.AwaitLanes(ref mask, lanes);
}

/// <summary>Barrier of a block, with a reduction of predicates or without.</summary>
internal sealed unsafe class BlockBarrier(
    int id, int threads, bool waits, string operation = "", int to = -1, int predicate = -1, bool isNegated = false, bool isPredicate = false) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        warp.Part(mask);
        var lane = BitOperations.TrailingZeroCount(mask);
        var votes = predicate < 0 ? 0 : (*(uint*)(warp.Registers + predicate) ^ (isNegated ? uint.MaxValue : 0)) & mask;
        var number = ((int*)(warp.Registers + id))[lane];
        warp.Block.Arrive(warp, number, threads < 0 ? 0 : ((int*)(warp.Registers + threads))[lane], waits, votes, operation.Length == 0 ? null : Give);

        // Called when all have come.
        void Give(int yes, int all)
        {
            if (isPredicate)
            {
                Predicates.Set(warp, to, mask, operation == "and" ? (yes == all ? uint.MaxValue : 0) : yes > 0 ? uint.MaxValue : 0);
                return;
            }

            for (var left = mask; left != 0; left &= left - 1) ((uint*)(warp.Registers + to))[BitOperations.TrailingZeroCount(left)] = (uint)yes;
        }
    }
}

/// <summary>Barrier of a cluster: its first half, or the second.</summary>
internal sealed class ClusterBarrier(bool isWait) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var cluster = warp.Block.Cluster;
        warp.Part(mask);
        if (!isWait)
        {
            warp.ArriveAtCluster(mask);
            cluster.Arrive(mask);
        }
        else if (!warp.HasClusterPassed(mask))
        {
            warp.WaitAtClusterBarrier();
        }
    }
}

/// <summary>Waits until the kernel before has ended.</summary>
internal sealed class WaitForPrevious : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.Block.Grid.MayReadPrevious) warp.Yield(again: true);
    }
}

/// <summary>Lets the next kernel start.</summary>
internal sealed class LaunchDependents : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.Block.Grid.Trigger(warp.Block);
}
