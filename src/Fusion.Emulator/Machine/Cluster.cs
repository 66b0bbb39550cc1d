using System.Numerics;

namespace Fusion.Emulation.Machine;

/// <summary>Blocks that run together and share their shared memory; without clusters, one block. One worker at a time runs
/// it.</summary>
internal sealed class Cluster : IWork
{
    private const int StepsOfAWarp = 512;
    private const int RoundsOfATurn = 16;

    private int arrived;
    private int live;

    public Cluster(Grid grid, int number)
    {
        Grid = grid;
        var shape = grid.ClusterShape;
        var clusters = (X: grid.GridShape.X / shape.X, Y: grid.GridShape.Y / shape.Y);
        var (x, y, z) = (number % clusters.X * shape.X, number / clusters.X % clusters.Y * shape.Y, number / (clusters.X * clusters.Y) * shape.Z);
        Blocks = new Block[shape.X * shape.Y * shape.Z];
        for (var rank = 0; rank < Blocks.Length; rank++)
        {
            Blocks[rank] = new(this, rank, (
                x + (rank % shape.X), y + (rank / shape.X % shape.Y), z + (rank / (shape.X * shape.Y))));
        }

        live = Blocks.Sum(block => block.Threads);
    }

    public Grid Grid { get; }

    public Block[] Blocks { get; }

    /// <summary>Number of times that all threads came to the cluster's barrier.</summary>
    public int Phase { get; private set; }

    /// <summary>Runs the blocks for a while.</summary>
    /// <returns>Whether there is more to do.</returns>
    public bool Run()
    {
        Warp? running = null;
        var random = Grid.Gpu.Machine.Random;
        try
        {
            for (var round = 0; round < RoundsOfATurn; round++)
            {
                if (Grid.IsFailed) break;
                var isRunnable = false;
                var haveArrived = true;
                foreach (var block in Blocks)
                {
                    var first = random?.Next(block.Warps.Length) ?? 0;
                    for (var i = 0; i < block.Warps.Length; i++)
                    {
                        var warp = block.Warps[(first + i) % block.Warps.Length];
                        if (!warp.IsRunnable) continue;
                        running = warp;
                        Count(block, warp.Run(random?.Next(1, StepsOfAWarp) ?? StepsOfAWarp));
                        isRunnable |= warp.IsRunnable;
                    }

                    if (block.HasCopies) AdvanceCopies(block, ref running);
                    if (random is not null) haveArrived &= block.DeliverSome();
                }

                if (live == 0)
                {
                    if (!haveArrived) return true;
                    End();
                    return false;
                }

                if (!isRunnable && !Blocks.Any(block => block.Warps.Any(warp => warp.IsRunnable)))
                {
                    var block = Blocks.First(one => one.Live > 0);
                    running = block.Warps.First(warp => warp.Live != 0);
                    running.Pc = running.WaitingPc + 1;
                    throw block.Stuck();
                }
            }

            if (!Grid.IsFailed) return true;
        }
        catch (KernelFaultException fault)
        {
            Grid.Fail(fault, running!);
        }
        catch (Exception e) when (e is ArithmeticException or InvalidOperationException or IndexOutOfRangeException or ArgumentException or NullReferenceException)
        {
            // A mistake of the emulator, which must not end the program that uses it.
            Grid.Fail(new(FaultKind.IllegalInstruction, $"the emulator itself failed: {e}"), running!);
        }

        End();
        return false;
    }

    /// <summary>Notes that lanes are at the cluster's barrier.</summary>
    public void Arrive(uint mask)
    {
        arrived += BitOperations.PopCount(mask);
        Check();
    }

    /// <summary>Notes that threads of a block have ended, so that nobody waits for them.</summary>
    public void OnExit(Block block, int threads)
    {
        live -= threads;
        if (block.Live == 0) Grid.Trigger(block);
        if (arrived > 0) Check();
    }

    private static void AdvanceCopies(Block block, ref Warp? running)
    {
        foreach (var warp in block.Warps)
        {
            running = warp;
            if (block.Live == 0) warp.EndCopies();
            else warp.AdvanceCopies();
        }
    }

    private static void Count(Block block, int steps)
    {
        block.Steps += steps;
        if (block.Steps > block.Grid.Gpu.Machine.Options.StepLimit)
        {
            throw new KernelFaultException(
                FaultKind.StepLimit, $"the block has run {block.Steps} instructions, which is more than EmulatorOptions.StepLimit allows");
        }
    }

    private void Check()
    {
        if (arrived < live || live == 0) return;
        arrived = 0;
        Phase++;
        foreach (var block in Blocks)
        {
            block.Epoch++;
            block.Communicate();
            foreach (var warp in block.Warps) warp.ReleaseClusterBarrier();
        }
    }

    private void End()
    {
        foreach (var block in Blocks) block.Dispose();
        Grid.OnClusterEnd(this);
    }
}
