namespace Fusion.Runtime;

/// <content>Calls whose other ranks are in other processes: a thread of the operation exchanges their inputs and computes the ranks of this
/// process.</content>
internal abstract partial class CpuExchange<TCall, TShape>
{
    private void PollPeers()
    {
        if (staging is null || failure.Failure is not null) return;
        if (FailureOfPeers() is { } reason) failure.Set(reason);
    }

    private Exception? FailureOfPeers() => peers.Gone is { } gone ? gone
        : peers.TryFindFailure(out var found) ? new PeerTimeoutException(found.Rank, [found.Peer], NotLaunched, -1, found.Call, timeout) : null;

    private void Work()
    {
        while (true)
        {
            int started;
            lock (gate)
            {
                while (!TakeNext())
                {
                    if (isClosed) return;
                    Monitor.Wait(gate);
                }

                started = generation;
            }

            try
            {
                EndCall(TryComputeWithOthers(started, out var reason) ? null : reason, started);
            }
            catch (Exception e)
            {
                EndCall(e, started);
            }
        }
    }

    private bool TryComputeWithOthers(int started, out Exception? reason)
    {
        var own = Array.IndexOf(isLocal, true);
        var inputs = new ulong[isLocal.Length];
        for (var rank = 0; rank < isLocal.Length; rank++)
        {
            if (!isLocal[rank]) continue;
            inputs[rank] = InputOf(current[rank]).Address;
            shapes[rank] = ShapeOf(current[rank]);
        }

        var input = InputOf(current[own]);
        var end = Deadline.After(timeout);
        Exception? found = null;
        if (!staging!.TryExchange(shapes, inputs, input.Bytes, CheckShapes, MustEnd))
        {
            reason = found;
            return false;
        }

        for (var rank = 0; rank < isLocal.Length; rank++)
        {
            if (!isLocal[rank]) current[rank] = OfOtherProcess(current[own], input with { Address = staging.InputOf(rank) });
        }

        Compute(current);
        reason = null;
        return true;

        bool MustEnd()
        {
            if (Volatile.Read(ref generation) != started) return true;
            found = FailureOfPeers();
            if (found is null && end.IsOver)
            {
                var missing = staging!.Missing;
                found = new PeerTimeoutException(own, missing, NotLaunched, -1, done, timeout);
                peers.Report(new(own, missing[0], WaitStatus.LaunchStep, -1, (uint)done));
            }

            return found is not null;
        }
    }
}
