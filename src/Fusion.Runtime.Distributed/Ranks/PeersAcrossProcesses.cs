using System.Text.Json;
using Fusion.Runtime.Distributed.Control;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Peers of an operation whose ranks are in processes of their own.</summary>
internal sealed class PeersAcrossProcesses : IPeers
{
    // A part of a step that says that its rank cannot go on: no other part is empty, except those of barriers.
    private static readonly byte[] Nothing = [];

    private const string Plan = "plan", Memory = "memory", Mapped = "memory is mapped";

    private readonly GroupConnection connection;
    private readonly Member member;
    private readonly string name;
    private readonly Action tick;
    private readonly WaitFailure?[] failures;
    private readonly RankProgress[] progress;
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    // Held while the status of own ranks is read or written, so that it is not freed meanwhile.
    private readonly Lock gate = new();
    private readonly CallsOfPeers calls;
    private ExchangeRank[] own = [];
    private WorkspacesOfPeers? workspaces;
    private IProcessLink? link;
    private string? nextStep;
    private int barriers;
    private bool isEnding;
    private int epoch;
    private RankProgress toldProgress;
    private bool isFailureTold;
    private bool wasToldToGiveUp;
    private RankGroupException? mismatch;

    /// <param name="connection">Connection to the other ranks.</param>
    /// <param name="name">Name of the operation, the same in all processes.</param>
    public PeersAcrossProcesses(GroupConnection connection, string name)
    {
        (this.connection, member, this.name) = (connection, connection.Member, name);
        failures = new WaitFailure?[member.Members.Count];
        progress = new RankProgress[member.Members.Count];
        calls = new(member.Rank, progress.Length);
        nextStep = $"{name}: {Plan}";
        tick = Tell;
        member.Subscribe(name, Hear);
        member.AddTick(tick);
    }

    /// <inheritdoc/>
    public PeerGoneException? Gone => member.Gone;

    /// <inheritdoc/>
    public RankGroupException? Mismatch => Volatile.Read(ref mismatch);

    /// <inheritdoc/>
    public void Agree(IReadOnlyList<RankPlan> own)
    {
        var items = JsonSerializer.SerializeToUtf8Bytes([.. own[0].Items], PeerJson.Default.ListKeyValuePairStringString);
        var plans = Gather(Plan, items, Memory).Select((part, rank) => RankPlan.Of(
            rank, JsonSerializer.Deserialize(part, PeerJson.Default.ListKeyValuePairStringString)!)).ToArray();
        // What is made of it does not differ between processes, so that all come to the same end.
        PlanAgreement.Check(plans);
    }

    /// <inheritdoc/>
    public IHostLink ConnectHost()
    {
        if (connection.Sharing is not { } sharing)
        {
            // Pieces may come as soon as another process is ready.
            var messages = new MessageLink(member, name);
            link = messages;
            Gather(Memory, [1], null);
            return messages;
        }

        var memory = new SharedHostLink(member.Rank, member.Members.Count);
        link = memory;
        sharing.Exchange(memory.Descriptor, token => Gather(Memory, token, Mapped), memory.Open, () => Gather(Mapped, [1], null));
        return memory;
    }

    /// <inheritdoc/>
    public void Connect(ExchangeRank[] own)
    {
        workspaces = new WorkspacesOfPeers(connection, own[0]);
        workspaces.Open(part => Gather(Memory, part, Mapped), () => Gather(Mapped, [1], null));
        lock (gate) this.own = own;
    }

    /// <inheritdoc/>
    public void Watch(ICallLog calls)
    {
        lock (gate) this.calls.Watch(calls);
    }

    /// <inheritdoc/>
    public ulong WorkspaceOf(int rank, Rank reader) => workspaces!.AddressOf(rank);

    /// <inheritdoc/>
    public bool TryFindFailure(out WaitFailure failure)
    {
        lock (gate)
        {
            var isFound = PeersInProcess.TryFindFailure(own, out failure);
            foreach (var one in failures)
            {
                if (one is not { } told) continue;
                if (!isFound || failure.IsIndirect) failure = told;
                isFound = true;
            }

            return isFound;
        }
    }

    /// <inheritdoc/>
    public void Report(in WaitFailure failure) => Publish(new(Volatile.Read(ref epoch), failure));

    /// <inheritdoc/>
    public RankProgress ProgressOf(int rank)
    {
        lock (gate)
        {
            var mine = Array.Find(own, one => one.Rank.Index == rank);
            return mine?.Progress ?? progress[rank];
        }
    }

    /// <inheritdoc/>
    public long CallsOf(int rank)
    {
        lock (gate) return calls.CountOf(rank);
    }

    /// <inheritdoc/>
    public void GiveUp()
    {
        lock (gate) PeersInProcess.GiveUp(own);
        Publish(new(Volatile.Read(ref epoch), MustGiveUp: true));
    }

    /// <inheritdoc/>
    public void Reset()
    {
        // Reports of before are not heard from now on: all processes are between the same two barriers.
        lock (gate)
        {
            Volatile.Write(ref epoch, epoch + 1);
            Array.Clear(failures);
            Array.Clear(progress);
            (isFailureTold, toldProgress, wasToldToGiveUp) = (false, default, false);
            calls.Reset();
            Volatile.Write(ref mismatch, null);
        }

        link?.Reset();
    }

    /// <inheritdoc/>
    public void Disconnect()
    {
        // What follows frees the ranks' memory, after a barrier of its own: one that a reset did not pass is another one.
        PeerReport? last = null;
        lock (gate)
        {
            // The others need not wait for its calls.
            if (own is [{ IsClosed: true } rank]) last = new(epoch, Progress: ProgressOf(rank));
            own = [];
        }

        if (last is not null) Publish(last);
        isEnding = true;
        workspaces?.Dispose();
    }

    /// <inheritdoc/>
    public bool Barrier(TimeSpan timeout)
    {
        try
        {
            if (member.TryGather(isEnding ? $"{name}: end" : $"{name}: barrier {barriers}", Nothing, timeout) is null) return false;
            // Whoever tries again comes to the same barrier.
            barriers++;
            return true;
        }
        catch (Exception e) when (e is PeerGoneException or ObjectDisposedException)
        {
            // Kernels of the ranks that are left were told to give up too, and end in a moment.
            if (isEnding && workspaces is not null) Thread.Sleep(Settling);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The others wait for this rank, which could not go on.
        if (nextStep is { } step) member.Contribute(step, Nothing);
        member.RemoveTick(tick);
        member.Unsubscribe(name);
        link?.Dispose();
        workspaces?.Dispose();
    }

    // Each step is followed by another one, in which this rank says that it could not go on if it is disposed before.
    private byte[][] Gather(string step, byte[] part, string? next)
    {
        nextStep = null;
        var parts = member.Gather($"{name}: {step}", part);
        if (Array.FindIndex(parts, one => one.Length == 0) is var rank and >= 0)
            throw RendezvousErrors.CannotGoOn(rank, member.Members[rank], name);
        nextStep = next is null ? null : $"{name}: {next}";
        return parts;
    }

    private void Publish(PeerReport report) => member.Publish(name, report.ToBytes());

    // Tells the others what the kernels of this process reported, what it launched, and how far it is when it launches no more.
    private void Tell()
    {
        PeerReport? report = null;
        IReadOnlyList<PeerReport> said;
        lock (gate)
        {
            if (member.Gone is not null && !wasToldToGiveUp)
            {
                wasToldToGiveUp = true;
                PeersInProcess.GiveUp(own);
            }

            if (!isFailureTold && PeersInProcess.TryFindFailure(own, out var failure))
            {
                isFailureTold = true;
                report = new(epoch, failure);
            }

            foreach (var rank in own)
            {
                // The question whether calls run is one to the driver.
                if (!rank.IsClosed) continue;
                var current = ProgressOf(rank);
                if (current == toldProgress) continue;
                toldProgress = current;
                report = (report ?? new(epoch)) with { Progress = current };
            }

            said = calls.Look(epoch);
        }

        if (report is not null) Publish(report);
        foreach (var one in said)
        {
            Publish(one);
            // Not before, so that all others hear the reason before they hear that kernels gave up.
            if (one.Difference is null) continue;
            lock (gate)
            {
                if (one.Epoch == epoch) SetMismatch(one.Difference);
            }
        }
    }

    private void SetMismatch(CallDifference found)
    {
        if (mismatch is not null) return;
        Volatile.Write(ref mismatch, CallAgreement.Difference(found.Number, found.Rank, found.Items, found.Other, found.OtherItems));
        PeersInProcess.GiveUp(own);
    }

    // Nothing runs in a context that is lost.
    private static RankProgress ProgressOf(ExchangeRank rank)
    {
        try
        {
            return rank.Progress;
        }
        catch (GpuException)
        {
            return new(0, IsDone: true, IsClosed: true);
        }
    }

    private void Hear(int rank, byte[] content)
    {
        var report = PeerReport.Parse(content);
        lock (gate)
        {
            if (report.Epoch != epoch) return;
            if (report.Failure is { } failure) failures[rank] = failure;
            if (report.MustGiveUp) PeersInProcess.GiveUp(own);
            if (report.Progress is { } one) progress[rank] = one;
            calls.Hear(rank, report);
            if (report.Difference is { } found) SetMismatch(found);
        }
    }
}
