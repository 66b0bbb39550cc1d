using System.Runtime.InteropServices;

namespace Fusion.Emulation.Machine;

/// <summary>What a launch asks for.</summary>
internal sealed record LaunchRequest(
    KernelCode Code, byte[] Constants, (int X, int Y, int Z) GridShape, (int X, int Y, int Z) BlockShape, (int X, int Y, int Z) ClusterShape,
    int DynamicSharedBytes, byte[] Parameters, bool IsCooperative, bool MayOverlap);

/// <summary>A kernel that runs.</summary>
internal sealed unsafe class Grid : IRunning
{
    private const int BarrierBytes = 16;

    private readonly Lock gate = new();
    private readonly int clusters;
    private readonly Allocation? barrier;
    private int started;
    private int finished;
    private int triggers;
    private bool isFailed;

    public Grid(Gpu gpu, LaunchRequest request, Grid? previous, Work? work)
    {
        (Gpu, Request, Previous, Work) = (gpu, request, previous, work);
        var blocks = GridShape.X * GridShape.Y * GridShape.Z;
        BlocksOfACluster = ClusterShape.X * ClusterShape.Y * ClusterShape.Z;
        clusters = blocks / BlocksOfACluster;
        Parameters = (byte*)NativeMemory.AllocZeroed((nuint)request.Parameters.Length + 16);
        request.Parameters.CopyTo(new Span<byte>(Parameters, request.Parameters.Length));
        ThreadsOfACluster = BlocksOfACluster * (((BlockShape.X * BlockShape.Y * BlockShape.Z) + 31) / 32 * 32);
        Number = gpu.Machine.NextLaunch();
        if ((gpu.Machine.Options.Checks & (KernelChecks.GlobalMemoryRaces | KernelChecks.Synchronization)) != 0 && blocks <= LaunchOrder.MostBlocks)
            Order = new(blocks);
        if (work is not null) gpu.Machine.Order!.Start(Number, work, Code, Order);
        if (!request.IsCooperative) return;
        barrier = gpu.Machine.Memory.Allocate(BarrierBytes, gpu.Ordinal, AllocationKind.Module);
        NativeMemory.Clear((void*)barrier.Start, BarrierBytes);
    }

    public Gpu Gpu { get; }

    /// <summary>Number of the launch.</summary>
    public int Number { get; }

    /// <summary>When blocks may have learned from each other; null where nobody asks.</summary>
    public LaunchOrder? Order { get; }

    /// <summary>Place of the launch in the order of the streams; null where nobody asks.</summary>
    public Work? Work { get; }

    public LaunchRequest Request { get; }

    public KernelCode Code => Request.Code;

    public ReadOnlySpan<byte> Constants => Request.Constants;

    public (int X, int Y, int Z) GridShape => Request.GridShape;

    public (int X, int Y, int Z) BlockShape => Request.BlockShape;

    public (int X, int Y, int Z) ClusterShape => Request.ClusterShape;

    public int DynamicSharedBytes => Request.DynamicSharedBytes;

    public int BlocksOfACluster { get; }

    public int ThreadsOfACluster { get; }

    /// <summary>Address of the memory in which the blocks of a cooperative launch count who has reached the grid's barrier; 0 in other
    /// launches.</summary>
    public ulong BarrierAddress => barrier?.Start ?? 0;

    /// <summary>The kernel before it in the stream, if this one may start before that has ended.</summary>
    public Grid? Previous { get; private set; }

    public byte* Parameters { get; private set; }

    public bool IsFailed => isFailed || Gpu.Failure is not null;

    public bool IsEnded { get; private set; }

    public bool AllStarted => started == clusters || IsFailed;

    /// <summary>Whether each block has ended or has let the next kernel start.</summary>
    public bool HasTriggered => IsEnded || Volatile.Read(ref triggers) == clusters * BlocksOfACluster;

    /// <summary>Whether what <c>griddepcontrol.wait</c> waits for has happened.</summary>
    public bool MayReadPrevious
    {
        get
        {
            if (Previous is { } previous && !(previous.IsEnded && previous.MayReadPrevious)) return false;
            Previous = null;
            return true;
        }
    }

    /// <summary>Called once when the last block has ended, and when all have let the next kernel start.</summary>
    public Action? Changed { get; set; }

    public Cluster StartNext() => new(this, started++);

    public void Trigger(Block block)
    {
        if (block.HasTriggered) return;
        block.HasTriggered = true;
        if (Interlocked.Increment(ref triggers) == clusters * BlocksOfACluster) Changed?.Invoke();
    }

    /// <summary>Lets the kernel fail; blocks end where they are.</summary>
    public void Fail(KernelFaultException fault, Warp warp)
    {
        lock (gate)
        {
            if (isFailed) return;
            isFailed = true;
        }

        warp.Observer?.Fail(fault);
        Gpu.Fail(FaultReport.Make(fault, warp));
    }

    public void OnClusterEnd(Cluster cluster)
    {
        var last = false;
        lock (gate)
        {
            finished++;
            last = finished == started && AllStarted && !IsEnded;
            if (last) IsEnded = true;
        }

        Gpu.OnClusterEnd(this);
        if (!last) return;
        NativeMemory.Free(Parameters);
        Parameters = null;
        if (barrier is not null) Gpu.Machine.Memory.Free(barrier.Start, AllocationKind.Module);
        Changed?.Invoke();
    }

    /// <summary>Says where an instruction is, for messages.</summary>
    public string Describe(int pc)
    {
        var origin = Code.Origins[pc];
        return $"line {origin.Line} of the PTX ('{origin.Text}'{(origin.Source is null ? "" : $", {origin.Source}")})";
    }
}
