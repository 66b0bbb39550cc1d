using System.Globalization;
using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <content>How communicators end: in order, or by an abort, after which they can be connected anew.</content>
internal sealed partial class NcclCommunicators : IDisposable
{
    private readonly Lock freeing = new();
    private readonly ForgottenGuard guard;
    private bool isFreed;
    private bool isDisposed;
    private int isEnding;

    /// <summary>Whether calls can be launched: nothing was aborted or disposed.</summary>
    public bool IsUsable => !isDisposed && !isFreed && Volatile.Read(ref isEnding) == 0;

    /// <summary>Connects the ranks anew if a rank's calls were aborted. All processes call this at the same step; no calls run.</summary>
    /// <exception cref="NcclException">Recorded calls would use what is gone, it was disposed, or NCCL cannot connect the ranks.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public void Renew()
    {
        const byte Aborted = 1, Recorded = 2, Disposed = 4;
        if (connection is null) return;
        var step = connection.NewName();
        var state = (byte)((IsUsable ? 0 : Aborted) | (hasRecorded ? Recorded : 0) | (isDisposed ? Disposed : 0));
        var all = connection.Gather($"{step}: state", [state]).Aggregate(0, (states, one) => states | one[0]);
        if ((all & Aborted) == 0) return;
        if ((all & Disposed) != 0) throw new NcclException("The NcclAllReduce of the operation is disposed. Make both again.");
        if ((all & Recorded) != 0)
        {
            // On a thread of its own: NCCL may not come back from it before the graphs are gone.
            BeginAbort();
            throw new NcclException(
                "NCCL was aborted, and CUDA graphs have calls of it, which cannot be replayed any more. Dispose these graphs, the operation and its " +
                "NcclAllReduce on all ranks, and make them again.");
        }

        Abort();
        communicators[group!.LocalRanks[0].Index] = NcclOfProcesses.Connect(group, connection, step, () => nccl, members).Communicator;
        lock (freeing)
        {
            Array.ForEach(own, context => context.Keep());
            isFreed = false;
            Volatile.Write(ref isEnding, 0);
            Volatile.Write(ref uses, new());
        }
    }

    /// <summary>Ends waiting kernels of NCCL on all ranks, after which nothing can be launched any more. Aborting twice is
    /// harmless.</summary>
    /// <exception cref="NcclException">A thread did not come back from a function of NCCL within <see cref="Timeout"/>, so
    /// that the communicators cannot be freed. The abort can be tried again.</exception>
    public void Abort()
    {
        Interlocked.Exchange(ref isEnding, 1);
        TellWatches(null);
        AbortOnce(Volatile.Read(ref uses));
    }

    /// <summary>Begins <see cref="Abort"/> on a thread of its own. Operations hear of it before this returns.</summary>
    /// <param name="late">The rank for which an operation waited that gave up; null for another reason.</param>
    public void BeginAbort(LateRank? late = null)
    {
        if (Interlocked.Exchange(ref isEnding, 1) != 0) return;
        TellWatches(late);
        var closing = Volatile.Read(ref uses);
        // The thread that asks must not be held up.
        new Thread(() =>
        {
            try
            {
                AbortOnce(closing);
            }
            catch (NcclException)
            {
                // A thread is in a function of NCCL for longer than the time-out; Dispose tries again.
            }
        })
        { IsBackground = true, Name = "Fusion: abort of NCCL" }.Start();
    }

    /// <summary>Waits for the calls that were launched and frees the communicators. Calls that have not ended after
    /// <see cref="Timeout"/> are aborted. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        connection?.RemoveTick(AbortIfARankIsGone);
        guard.Dispose();
        Close();
        isDisposed = true;
    }

    private void AbortOnce(UseGate closing)
    {
        if (!closing.Close(Timeout))
        {
            throw new NcclException(string.Create(CultureInfo.InvariantCulture,
                $"A thread has been in a function of NCCL for {Timeout.TotalSeconds:0.###} s. NCCL cannot be aborted while it is in use: " +
                $"see what that thread waits for, and call Abort again."));
        }

        Free(closing, AbortAll);
    }

    private void Close()
    {
        // Communicators that a stuck thread still uses are leaked: to free them would crash it.
        if (!uses.Close(Timeout) || isFreed) return;
        var isDone = connection?.Gone is null && new GpuDrain(own).Wait(Timeout) && IsHealthy();
        // A rank that left would end the calls of the others, who may not be done yet.
        if (isDone) connection?.Meet($"{name}: end", GpuDrain.Grace);
        if (!isDone) TellWatches(null);
        Free(uses, isDone ? DestroyAll : AbortAll);
        // Nor may it leave the group while others still end theirs.
        if (isDone) connection?.Meet($"{name}: ended", GpuDrain.Grace);
    }

    private bool IsHealthy() => Communicators.All(communicator =>
        nccl.GetAsyncError(communicator, out var error) == NcclResult.Success && error == NcclResult.Success);

    // The first caller frees. No thread uses the communicators any more. Those that were made meanwhile have another gate.
    private void Free(UseGate closed, Action free)
    {
        lock (freeing)
        {
            if (isFreed || closed != uses) return;
            isFreed = true;
            free();
            windows?.Free();
            Array.ForEach(own, context => context.Release());
        }
    }

    private void DestroyAll()
    {
        windows?.Deregister();
        if (connection is null) _ = nccl.Destroy(communicators);
        else Array.ForEach([.. Communicators], Destroy);
    }

    // What the rank began ends when all ranks have begun it.
    private void Destroy(nint communicator)
    {
        try
        {
            Check(nccl.FinalizeRank(communicator), "ncclCommFinalize");
            NcclOfProcesses.Wait(nccl, communicator, Timeout, connection!, "for the end of the other ranks");
            _ = nccl.DestroyRank(communicator);
        }
        catch (FusionException)
        {
            _ = nccl.Abort(communicator);
        }
    }

    // To deregister is a call like others, and would wait for kernels that never end.
    private void AbortAll()
    {
        for (var rank = 0; rank < communicators.Length; rank++)
        {
            if (contexts[rank]?.TryMakeCurrentToFree() == true) _ = nccl.Abort(communicators[rank]);
        }
    }

    // Its calls would be waited for without an end.
    private void AbortIfARankIsGone()
    {
        if (connection!.Gone is not null) BeginAbort();
    }

    // Calls that run end without their data, of which their operations must hear before that.
    private void TellWatches(LateRank? late)
    {
        NcclWatch[] all;
        lock (watches) all = [.. watches];
        foreach (var watch in all) watch.EndWithoutData(late);
    }
}
