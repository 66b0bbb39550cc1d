using System.Numerics;

namespace Fusion.Emulation.Machine;

/// <summary>32 threads that run instructions together. Lanes that part at a branch become groups of their own; the group that is
/// furthest behind goes on, so the others are met again where the branches do (see <see cref="Ptx.BlockOrder"/>). As on GPUs
/// since Volta, each group makes progress, whatever the others wait for.</summary>
internal sealed unsafe partial class Warp
{
    // A group that spins may wait for one that is ahead of it.
    private const int StepsBeforeOthersRun = 4_000;

    // Number of blocks of instructions that such a group then runs.
    private const int BlocksOfOthers = 64;

    private readonly Group[] groups = new Group[32];
    private readonly int[] clusterPhases = new int[32];
    private int count;
    private int current;
    private bool isInterrupted;
    private bool yields;
    private int stepsAlone;
    private int blocksOfOther;

    public Warp(Block block, int index, byte* registers, byte* local)
    {
        Block = block;
        Index = index;
        Registers = registers;
        Local = local;
        var threads = Math.Min(32, block.Threads - (index * 32));
        Live = threads == 32 ? uint.MaxValue : (1u << threads) - 1;
        groups[0] = new() { Mask = Live };
        count = 1;
        Code = block.Grid.Code.Instructions;
        LocalBytes = block.Grid.Code.Flat.LocalBytes;
        Gpu = block.Grid.Gpu;
        Observer = Gpu.Machine.Observers?.Of(this);
        var grid = block.Grid;
        (order, work, launch, blockNumber) = (grid.Order, grid.Work, grid.Number, block.Number);
        (hasOtherWorkers, findsRaces) = (Gpu.Machine.HasSeveralWorkers, Gpu.Machine.FindsRaces);
    }

    public Block Block { get; }

    public int Index { get; }

    /// <summary>Values of the registers: for each, the 32 lanes side by side.</summary>
    public byte* Registers { get; }

    /// <summary>Local memory of the lanes, one after the other.</summary>
    public byte* Local { get; }

    public int LocalBytes { get; }

    public Gpu Gpu { get; }

    /// <summary>Lanes that have not ended.</summary>
    public uint Live { get; private set; }

    /// <summary>Lanes of the group that runs.</summary>
    public uint Active { get; private set; }

    /// <summary>Number of the next instruction of the group that runs.</summary>
    public int Pc { get; set; }

    /// <summary>Number of times that lanes of the warp waited for each other, which orders their accesses.</summary>
    public int SyncCount { get; set; }

    public bool IsRunnable { get; private set; } = true;

    /// <summary>Looks at each step; null for nobody.</summary>
    public WarpObserver? Observer { get; }

    private Instruction[] Code { get; }

    /// <summary>Runs up to a number of instructions.</summary>
    /// <returns>Number of instructions that were run.</returns>
    public int Run(int budget) => Observer is null ? Run<Unobserved>(budget) : Run<Observed>(budget);

    private int Run<TSteps>(int budget)
        where TSteps : struct, ISteps
    {
        if (!Select())
        {
            IsRunnable = false;
            return 0;
        }

        var left = budget;
        while (left > 0)
        {
            var instruction = Code[Pc];
            if (instruction.IsLeader && count > 1)
            {
                Save();
                if (!Select()) break;
                instruction = Code[Pc];
            }

            left--;
            Pc++;
            var mask = Active;
            if (instruction.Guard >= 0)
            {
                var guard = *(uint*)(Registers + instruction.Guard);
                mask &= instruction.GuardIsNegated ? ~guard : guard;
                if (mask == 0) continue;
            }

            var pc = Pc - 1;
            TSteps.Before(this, pc, mask);
            instruction.Run(this, mask);
            TSteps.After(this, pc, mask);
            if (!isInterrupted) continue;
            isInterrupted = false;
            if (yields || !Select()) break;
        }

        yields = false;
        Save();
        stepsAlone += budget - left;
        IsRunnable = HasRunnable();
        return budget - left;
    }

    private interface ISteps
    {
        static abstract void Before(Warp warp, int pc, uint mask);

        static abstract void After(Warp warp, int pc, uint mask);
    }

    private readonly struct Unobserved : ISteps
    {
        public static void Before(Warp warp, int pc, uint mask)
        {
        }

        public static void After(Warp warp, int pc, uint mask)
        {
        }
    }

    private readonly struct Observed : ISteps
    {
        public static void Before(Warp warp, int pc, uint mask) => warp.Observer!.Before(pc, mask);

        public static void After(Warp warp, int pc, uint mask) => warp.Observer!.After(pc, mask, warp.isInterrupted && warp.Pc == pc);
    }

    /// <summary>Lets lanes go on at a target; the other active lanes go on behind the branch.</summary>
    public void Jump(int target, uint mask)
    {
        if (mask == Active)
        {
            Pc = target;
            return;
        }

        groups[count++] = new() { Mask = mask, Pc = target };
        Active &= ~mask;
        groups[current].Mask = Active;
    }

    /// <summary>Ends lanes.</summary>
    public void Exit(uint mask)
    {
        Live &= ~mask;
        Active &= ~mask;
        groups[current].Mask = Active;
        if (Active == 0) RemoveCurrent();
        // Nobody waits for lanes that have ended.
        for (var i = 0; i < count; i++) Reconsider(ref groups[i]);
        Block.OnExit(BitOperations.PopCount(mask));
    }

    /// <summary>Lets the group that runs wait at a barrier of the block.</summary>
    public void WaitAtBarrier(int barrier)
    {
        Save();
        groups[current].State = GroupState.AtBarrier;
        groups[current].Barrier = barrier;
        Interrupt();
    }

    /// <summary>Lets the group that runs wait at the cluster's barrier and then do the instruction again.</summary>
    public void WaitAtClusterBarrier()
    {
        Pc--;
        Save();
        groups[current].State = GroupState.AtClusterBarrier;
        Interrupt();
    }

    /// <summary>Notes that lanes came to the cluster's barrier.</summary>
    public void ArriveAtCluster(uint mask)
    {
        for (; mask != 0; mask &= mask - 1) clusterPhases[BitOperations.TrailingZeroCount(mask)] = Block.Cluster.Phase + 1;
    }

    /// <summary>Whether all threads of the cluster came to the barrier that lanes came to.</summary>
    public bool HasClusterPassed(uint mask)
    {
        var hasPassed = true;
        for (; mask != 0; mask &= mask - 1) hasPassed &= Block.Cluster.Phase >= clusterPhases[BitOperations.TrailingZeroCount(mask)];
        return hasPassed;
    }

    /// <summary>Lets lanes be the group that runs. The other active lanes go on behind the instruction.</summary>
    public void Part(uint mask)
    {
        if (mask == Active) return;
        groups[count++] = new() { Mask = Active & ~mask, Pc = Pc };
        Active = mask;
        groups[current].Mask = mask;
    }

    /// <summary>Ends the turn of the warp, with the instruction to be done again if it says so.</summary>
    public void Yield(bool again)
    {
        if (again) Pc--;
        yields = true;
        Interrupt();
    }

    public void ReleaseBarrier(int barrier)
    {
        for (var i = 0; i < count; i++)
            if (groups[i].State == GroupState.AtBarrier && groups[i].Barrier == barrier) groups[i].State = GroupState.Runnable;
        IsRunnable = HasRunnable();
    }

    public void ReleaseClusterBarrier()
    {
        for (var i = 0; i < count; i++)
            if (groups[i].State == GroupState.AtClusterBarrier) groups[i].State = GroupState.Runnable;
        IsRunnable = HasRunnable();
    }

    /// <summary>Number of the instruction at which the first group waits, for messages.</summary>
    public int WaitingPc => count == 0 ? 0 : Math.Max(0, groups[0].State == GroupState.AtBarrier ? groups[0].Pc - 1 : groups[0].Pc);
}
