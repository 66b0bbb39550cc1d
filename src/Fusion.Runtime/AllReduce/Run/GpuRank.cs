namespace Fusion.Runtime;

/// <summary>A rank of this process on a GPU: its memory, its calls, and what its kernels report.</summary>
internal sealed class GpuRank : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    private readonly RankKernels kernels;
    private readonly WorkspaceLayout layout;
    private readonly ILibraryAllReduce? library;
    private readonly BlockShare share;
    private readonly DeviceBuffer<byte> scratch;
    private AllReduceParameters start;
    private long launched;
    private GpuStream? stream;
    private bool isClosed;

    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuRank(Rank rank, AllReduceOptions options, in WorkspaceLayout layout, RankKernels kernels, BlockShare share)
    {
        Rank = rank;
        this.share = share;
        this.layout = layout;
        this.kernels = kernels;
        library = options.Library;
        var context = rank.Context!;
        Workspace = new Workspace(context, layout);
        try
        {
            // The sum of separate kernels where the call does not want it. A launch cannot allocate it.
            scratch = new DeviceBuffer<byte>(context, layout.MaxTokens * layout.TokenBytes);
        }
        catch
        {
            Workspace.Dispose();
            throw;
        }

        start = new AllReduceParameters
        {
            Status = Workspace.StatusAddress,
            TimeoutNanoseconds = Nanoseconds(options.Timeout),
            BufferBytes = (ulong)layout.BufferBytes,
            Rank = rank.Index,
            Ranks = layout.Ranks,
            Hidden = layout.HiddenSize,
        };
    }

    public Rank Rank { get; }

    public Workspace Workspace { get; }

    /// <summary>How far it is with its calls. A recorded stream counts as one that works.</summary>
    public RankProgress Progress
    {
        get
        {
            var used = Volatile.Read(ref stream);
            var isDone = used is null or { IsDisposed: true } || (!used.IsCaptured && !used.IsBusy);
            return new(Volatile.Read(ref launched), isDone, Volatile.Read(ref isClosed));
        }
    }

    /// <summary>Tells it where the ranks' workspaces are, its own among them.</summary>
    /// <param name="peers">All ranks.</param>
    public void Connect(IPeers peers)
    {
        for (var rank = 0; rank < layout.Ranks; rank++) start.Workspaces[rank] = peers.WorkspaceOf(rank, Rank);
    }

    /// <summary>Whether one of its kernels gave up since the workspace was last reset.</summary>
    /// <param name="failure">What it waited for.</param>
    public bool TryGetFailure(out WaitFailure failure)
    {
        ref var status = ref Workspace.Status;
        var hasFailed = Volatile.Read(ref status.Failed) != 0;
        failure = hasFailed ? new(Rank.Index, status.Peer, status.Step, status.Token, (uint)status.Call) : default;
        return hasFailed;
    }

    /// <summary>Makes its workspace as new. No kernel of any rank may run.</summary>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public void Reset()
    {
        Workspace.Reset();
        Volatile.Write(ref stream, null);
        Volatile.Write(ref launched, 0);
    }

    /// <summary>Says that no call will be launched any more.</summary>
    public void Close() => Volatile.Write(ref isClosed, true);

    /// <summary>Puts a call into a stream. Allocates nothing.</summary>
    /// <param name="into">The stream.</param>
    /// <param name="call">The call.</param>
    /// <param name="plan">How to do it.</param>
    public void Launch(GpuStream into, in AllReduceCall call, AllReducePlan plan)
    {
        Volatile.Write(ref stream, into);
        if (plan.Strategy == AllReduceStrategy.Separate)
        {
            LaunchSeparate(into, call, plan);
        }
        else
        {
            var parameters = start;
            ParameterFill.Fill(ref parameters, call);
            LaunchExchange(into, ref parameters, plan, SharedBytes(call));
        }

        Volatile.Write(ref launched, launched + 1);
    }

    /// <summary>Frees its memory. No kernel of any rank may run.</summary>
    public void Dispose()
    {
        scratch.Dispose();
        Workspace.Dispose();
    }

    // The kernels add it to their clock, which must not overflow.
    private static ulong Nanoseconds(TimeSpan time) =>
        (ulong)Math.Min(time.Ticks, Longest.Ticks) * TimeSpan.NanosecondsPerTick;

    private void LaunchSeparate(GpuStream into, in AllReduceCall call, AllReducePlan plan)
    {
        // What replaces the residual cannot be written before the residual is read.
        var isWantedHere = call.AllReduceOut is { } wanted && wanted.Address != call.Residual?.Address;
        var sum = isWantedHere ? call.AllReduceOut!.Value : call.Input with { Address = scratch.Pointer.Address };
        if (library is null)
        {
            var plain = start;
            ParameterFill.FillSum(ref plain, call.Input, sum);
            LaunchExchange(into, ref plain, plan, 0);
        }
        else
        {
            library.Launch(Rank.Index, into, call.Input, sum);
        }

        if (isWantedHere && call is { ResidualOut: null, NormOut: null, QuantOut: null }) return;
        var epilogue = start;
        ParameterFill.Fill(ref epilogue, call);
        epilogue.Input = sum.Address;
        if (isWantedHere) epilogue.AllReduceOut = 0;
        // It exchanges nothing: what it reads is the sum of one.
        epilogue.Ranks = 1;
        kernels.Launch(into, kernels.Epilogue(plan.Variants.Epilogue), 1, SharedBytes(call), ref epilogue);
    }

    private void LaunchExchange(GpuStream into, ref AllReduceParameters parameters, AllReducePlan plan, int sharedBytes)
    {
        ParameterFill.FillLayout(ref parameters, layout, plan.Exchange);
        var owners = plan.Exchange == AllReduceStrategy.TwoShot ? layout.Ranks : 1;
        kernels.Launch(into, kernels.Exchange(plan.Exchange, plan.Variants.Exchange), owners, sharedBytes, ref parameters, share);
    }

    private int SharedBytes(in AllReduceCall call) => KernelChoice.SharedBytes(call.Quantization, layout.HiddenSize);
}
