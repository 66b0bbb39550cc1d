namespace Fusion.Emulation.Machine;

/// <summary>An emulated GPU: which kernels have blocks on it, and which wait for room.</summary>
internal sealed class Gpu(EmulatedMachine machine, int ordinal)
{
    /// <summary>Most threads that a multiprocessor holds.</summary>
    public const int ThreadsOfAMultiprocessor = 2048;

    /// <summary>Most blocks that a multiprocessor holds.</summary>
    public const int BlocksOfAMultiprocessor = 32;

    /// <summary>Shared memory of a multiprocessor in bytes.</summary>
    public const int SharedBytesOfAMultiprocessor = 228 << 10;

    /// <summary>Most shared memory that a block may have, with the kernel's consent.</summary>
    public const int SharedBytesOfABlock = 227 << 10;

    /// <summary>Most threads of a block.</summary>
    public const int ThreadsOfABlock = 1024;

    private readonly Lock gate = new();
    private readonly List<Grid> waiting = [];
    private readonly HashSet<StreamQueue> busy = [];
    private readonly HashSet<int> peers = [];
    private int threads;

    public EmulatedMachine Machine { get; } = machine;

    public int Ordinal { get; } = ordinal;

    /// <summary>The mistake after which the GPU cannot be used any more; null for none.</summary>
    public KernelFault? Failure { get; private set; }

    /// <summary>Number of bytes that are allocated.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Takes room in the GPU's memory, or gives it back.</summary>
    public bool TryTake(long bytes)
    {
        lock (gate)
        {
            if (AllocatedBytes + bytes > Machine.Options.MemoryBytes) return false;
            AllocatedBytes += bytes;
            return true;
        }
    }

    /// <summary>Whether no stream has work, also none that has been destroyed.</summary>
    public bool IsIdle
    {
        get
        {
            lock (busy) return busy.Count == 0;
        }
    }

    public void NoteWork(StreamQueue stream, bool has)
    {
        lock (busy) _ = has ? busy.Add(stream) : busy.Remove(stream);
    }

    public void Fail(KernelFault fault)
    {
        lock (gate) Failure ??= fault;
        Machine.Report(fault);
    }

    /// <summary>Whether this GPU may use the memory of another; the host's has the number -1.</summary>
    public bool MayUse(int gpu) => gpu == Ordinal || gpu < 0 || peers.Contains(gpu);

    /// <summary>Whether kernels of this GPU may use an allocation.</summary>
    public bool MayUse(Allocation memory) => memory.MappedFor is { } gpus ? gpus.Contains(Ordinal) : MayUse(memory.Kind == AllocationKind.Host ? -1 : memory.Gpu);

    public bool AddPeer(int gpu)
    {
        lock (gate) return peers.Add(gpu);
    }

    /// <summary>Number of blocks of a shape that a multiprocessor holds.</summary>
    public static int ResidentBlocks(int threads, int sharedBytes)
    {
        if (threads > ThreadsOfABlock || sharedBytes > SharedBytesOfABlock) return 0;
        var rounded = Math.Max(32, (threads + 31) / 32 * 32);
        // A block takes 1 KiB of shared memory for itself.
        return Math.Min(BlocksOfAMultiprocessor, Math.Min(ThreadsOfAMultiprocessor / rounded, SharedBytesOfAMultiprocessor / (sharedBytes + 1024)));
    }

    public void Start(Grid grid)
    {
        lock (gate) waiting.Add(grid);
        Fill();
    }

    public void OnClusterEnd(Grid grid)
    {
        lock (gate) threads -= grid.ThreadsOfACluster;
        Fill();
    }

    // Starts clusters while there is room, in the order of the launches.
    private void Fill()
    {
        while (true)
        {
            Cluster next;
            lock (gate)
            {
                while (waiting is [{ AllStarted: true }, ..]) waiting.RemoveAt(0);
                if (waiting is not [var grid, ..]) return;
                if (threads > 0 && threads + grid.ThreadsOfACluster > Machine.Options.Multiprocessors * ThreadsOfAMultiprocessor) return;
                threads += grid.ThreadsOfACluster;
                next = grid.StartNext();
            }

            Machine.Workers.Add(next);
        }
    }
}
