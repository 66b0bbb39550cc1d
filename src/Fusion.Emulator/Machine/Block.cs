using System.Numerics;
using System.Runtime.InteropServices;

namespace Fusion.Emulation.Machine;

/// <summary>A block of threads, with its shared memory and its barriers.</summary>
internal sealed unsafe class Block : IDisposable
{
    private const int Barriers = 16;

    private readonly Barrier[] barriers = new Barrier[Barriers];
    private readonly bool isStrict;
    private readonly byte* memory;

    public Block(Cluster cluster, int rank, (int X, int Y, int Z) index)
    {
        (Cluster, Grid, RankInCluster, Index) = (cluster, cluster.Grid, rank, index);
        var code = Grid.Code;
        Threads = Grid.BlockShape.X * Grid.BlockShape.Y * Grid.BlockShape.Z;
        Live = Threads;
        Number = index.X + (Grid.GridShape.X * (index.Y + (Grid.GridShape.Y * index.Z)));
        isStrict = Grid.Gpu.Machine.Options.Checks.HasFlag(KernelChecks.Barriers);
        SharedBytes = code.Flat.SharedBytes + Grid.DynamicSharedBytes;
        var warps = (Threads + 31) / 32;
        var local = (code.Flat.LocalBytes + 15) / 16 * 16;
        var shared = (SharedBytes + 127) / 128 * 128;
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)(((long)warps * (code.RegisterBytes + (local * 32))) + shared), 128);
        Shared = memory;
        NativeMemory.Fill(Shared, (nuint)shared, 0xA5);
        Checks = Grid.Gpu.Machine.Options.Checks == KernelChecks.None ? null : new(this, Grid.Gpu.Machine.Options.Checks);
        Warps = new Warp[warps];
        for (var i = 0; i < warps; i++)
        {
            var registers = memory + shared + ((long)i * (code.RegisterBytes + (local * 32)));
            NativeMemory.Clear(registers, (nuint)code.RegisterBytes);
            Grid.Constants.CopyTo(new Span<byte>(registers, code.RegisterBytes));
            Warps[i] = new(this, i, registers, registers + code.RegisterBytes);
            SpecialRegisters.Fill(Warps[i]);
        }
    }

    public Cluster Cluster { get; }

    public Grid Grid { get; }

    public int RankInCluster { get; }

    public (int X, int Y, int Z) Index { get; }

    public int Threads { get; }

    /// <summary>Number of threads that have not ended.</summary>
    public int Live { get; private set; }

    public byte* Shared { get; }

    public int SharedBytes { get; }

    public Warp[] Warps { get; }

    /// <summary>What is known of each byte of the shared memory; null where nobody asks.</summary>
    public SharedMemoryChecks? Checks { get; private set; }

    /// <summary>Number of barriers that have been passed, which order accesses of the block.</summary>
    public int Epoch { get; set; }

    /// <summary>Number of the block in the grid.</summary>
    public int Number { get; }

    /// <summary>Notes that a thread does something by which others may learn what it did, or it what they did: an atomic operation, an
    /// access with an order, a fence, a barrier with other blocks.</summary>
    public void Communicate() => Grid.Order?.Communicate(Number);

    /// <summary>Whether the block has let the next kernel start.</summary>
    public bool HasTriggered { get; set; }

    /// <summary>Whether a thread has started an asynchronous copy.</summary>
    public bool HasCopies { get; set; }

    public long Steps { get; set; }

    /// <summary>Notes that lanes are at a barrier.</summary>
    /// <param name="warp">The warp, whose active lanes they are.</param>
    /// <param name="id">Number of the barrier.</param>
    /// <param name="threads">Number of threads that the barrier is for; 0 for all of the block.</param>
    /// <param name="waits">Whether they wait for the others.</param>
    /// <param name="votes">Lanes whose predicate is true, for barriers that count them.</param>
    /// <param name="give">Called when all have come, with the number of threads whose predicate is true and of all.</param>
    public void Arrive(Warp warp, int id, int threads, bool waits, uint votes = 0, Action<int, int>? give = null)
    {
        if (id is < 0 or >= Barriers) throw new KernelFaultException(FaultKind.IllegalInstruction, $"there is no barrier {id}");
        ref var barrier = ref barriers[id];
        var pc = warp.Pc - 1;
        if (barrier.Arrived == 0) (barrier.Expected, barrier.Pc, barrier.Votes) = (threads, pc, 0);
        else if (isStrict && threads == 0 && barrier.Pc != pc) throw Divergent(id, "threads of the block wait at different barriers", barrier.Pc);
        barrier.Arrived += BitOperations.PopCount(warp.Active);
        barrier.Votes += BitOperations.PopCount(votes);
        barrier.Give += give;
        if (waits) warp.WaitAtBarrier(id);
        Check(id, ref barrier);
    }

    public void OnExit(int threads)
    {
        Live -= threads;
        for (var id = 0; id < Barriers; id++)
        {
            ref var barrier = ref barriers[id];
            if (barrier.Arrived == 0 || barrier.Expected != 0) continue;
            if (isStrict) throw Divergent(id, "a thread ended while others of the block wait for it at a barrier", barrier.Pc);
            Check(id, ref barrier);
        }

        Cluster.OnExit(this, threads);
    }

    /// <summary>Lets all stores to other GPUs arrive.</summary>
    public void DeliverAll()
    {
        foreach (var warp in Warps) warp.Late?.DeliverAll();
    }

    /// <summary>Lets some stores to other GPUs arrive.</summary>
    /// <returns>Whether all have arrived.</returns>
    public bool DeliverSome()
    {
        var isDone = true;
        foreach (var warp in Warps)
        {
            warp.Late?.DeliverSome();
            isDone &= warp.Late is not { IsEmpty: false };
        }

        return isDone;
    }

    public KernelFaultException Stuck()
    {
        for (var id = 0; id < Barriers; id++)
            if (barriers[id].Arrived > 0) return Divergent(id, "only some threads of the block reach a barrier", barriers[id].Pc);
        return new(FaultKind.DivergentBarrier, "lanes of a warp wait for others that never come to them");
    }

    public void Dispose()
    {
        foreach (var warp in Warps) warp.Late?.Dispose();
        NativeMemory.AlignedFree(memory);
        Checks?.Dispose();
        Checks = null;
    }

    private void Check(int id, ref Barrier barrier)
    {
        var expected = barrier.Expected != 0 ? barrier.Expected : isStrict ? Threads : Live;
        if (barrier.Arrived == 0 || barrier.Arrived < expected) return;
        barrier.Give?.Invoke(barrier.Votes, barrier.Arrived);
        (barrier.Arrived, barrier.Give) = (0, null);
        Epoch++;
        foreach (var warp in Warps) warp.ReleaseBarrier(id);
    }

    private KernelFaultException Divergent(int id, string what, int pc) => new(
        FaultKind.DivergentBarrier,
        $"{what}: {barriers[id].Arrived} of {Threads} threads wait at barrier {id} in {Grid.Describe(pc)}, and {Threads - Live} have ended");

    private struct Barrier
    {
        public int Arrived;
        public int Expected;
        public int Pc;
        public int Votes;
        public Action<int, int>? Give;
    }
}
