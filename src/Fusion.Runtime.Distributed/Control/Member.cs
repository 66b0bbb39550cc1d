using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>A rank's connection to the <see cref="Coordinator"/> and through it to all other ranks.</summary>
internal sealed class Member : IDisposable
{
    // How long a rank waits beyond its time for rank 0 to say who is missing.
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Rendezvous rendezvous;
    private readonly MessageStream stream;
    private readonly MemberInfo[] members;
    private readonly Lock gate = new();
    private readonly Dictionary<string, TaskCompletionSource<byte[][]>> waits = [];
    private readonly Dictionary<string, TaskCompletionSource<int[]>> inquiries = [];
    private readonly Dictionary<string, Action<int, byte[]>> topics = [];
    private readonly List<Action> ticks = [];
    private readonly Thread reader;
    private readonly ManualResetEvent ending = new(initialState: false);
    private long heard = Stopwatch.GetTimestamp();
    private PeerGoneException? gone;
    private bool isDisposed;

    /// <param name="rendezvous">Who this rank is.</param>
    /// <param name="stream">Connection to the coordinator, over which all ranks have met (<see cref="Meeting"/>).</param>
    /// <param name="members">Who the ranks are, in their order.</param>
    public Member(Rendezvous rendezvous, MessageStream stream, MemberInfo[] members)
    {
        (this.rendezvous, this.stream, this.members) = (rendezvous, stream, members);
        reader = new(Read) { IsBackground = true, Name = "Fusion ranks: messages" };
        reader.Start();
        new Thread(Watch) { IsBackground = true, Name = "Fusion ranks: watch" }.Start();
    }

    /// <summary>Version of the library, in which all ranks must agree.</summary>
    public static string LibraryVersion { get; } =
        typeof(RankGroup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Index of this rank.</summary>
    public int Rank => rendezvous.Rank;

    /// <summary>Longest time of a step that makes something.</summary>
    public TimeSpan Timeout => rendezvous.Timeout;

    /// <summary>Who the ranks are, in their order.</summary>
    public IReadOnlyList<MemberInfo> Members => members;

    /// <summary>The first rank that is gone, after which the group does no more; null while all are there. The same object for all:
    /// do not throw it.</summary>
    public PeerGoneException? Gone => Volatile.Read(ref gone);

    /// <summary>Gives this rank's part of a step and waits for those of all others.</summary>
    /// <param name="step">Name of the step, the same on all ranks and used once.</param>
    /// <param name="content">This rank's part.</param>
    /// <param name="timeout">Longest time to wait.</param>
    /// <returns>All parts in the order of the ranks; null if not all came in time.</returns>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="ObjectDisposedException">This rank took leave, before or meanwhile.</exception>
    public byte[][]? TryGather(string step, byte[] content, TimeSpan timeout)
    {
        TaskCompletionSource<byte[][]> wait;
        lock (gate)
        {
            if (gone is not null) throw gone.CopyForThread();
            ObjectDisposedException.ThrowIf(isDisposed, this);
            waits[step] = wait = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // If it cannot be written, the reader says who is gone.
        stream.TryWrite(new Contribution(step, content));
        try
        {
            return wait.Task.Wait(timeout < Deadline.Longest ? timeout : Deadline.Longest) ? wait.Task.Result : null;
        }
        catch (AggregateException) when (Gone is { } reason)
        {
            throw reason.CopyForThread();
        }
        catch (AggregateException e) when (e.InnerException is ObjectDisposedException)
        {
            throw new ObjectDisposedException(nameof(RankGroup));
        }
        finally
        {
            lock (gate) waits.Remove(step);
        }
    }

    /// <summary>Does what <see cref="TryGather"/> does, and throws if not all ranks came.</summary>
    /// <param name="step">Name of the step, the same on all ranks and used once.</param>
    /// <param name="content">This rank's part.</param>
    /// <param name="timeout">Longest time to wait; null for the time that making something may take.</param>
    /// <returns>All parts in the order of the ranks.</returns>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="RendezvousException">Not all came in time.</exception>
    public byte[][] Gather(string step, byte[] content, TimeSpan? timeout = null) =>
        TryGather(step, content, timeout ?? Timeout) ?? throw RendezvousErrors.StepTimeout(step, timeout ?? Timeout, MissingIn(step), members);

    /// <summary>Gives this rank's part of a step without waiting for the others.</summary>
    /// <param name="step">Name of the step.</param>
    /// <param name="content">This rank's part.</param>
    public void Contribute(string step, byte[] content) => stream.TryWrite(new Contribution(step, content));

    /// <summary>Says something to all other ranks.</summary>
    /// <param name="topic">What it is about.</param>
    /// <param name="content">What is said.</param>
    public void Publish(string topic, byte[] content) => stream.TryWrite(new Notice(Rank, topic, content));

    /// <summary>Listens to what other ranks say.</summary>
    /// <param name="topic">What it is about.</param>
    /// <param name="hear">Called with the rank and what it said, on a thread that must not be held up.</param>
    public void Subscribe(string topic, Action<int, byte[]> hear)
    {
        lock (gate) topics[topic] = hear;
    }

    /// <summary>Ends <see cref="Subscribe"/>.</summary>
    /// <param name="topic">What it is about.</param>
    public void Unsubscribe(string topic)
    {
        lock (gate) topics.Remove(topic);
    }

    /// <summary>Calls an action every few milliseconds until it is removed, on a thread that must not be held up.</summary>
    /// <param name="tick">The action.</param>
    public void AddTick(Action tick)
    {
        lock (ticks) ticks.Add(tick);
    }

    /// <summary>Ends <see cref="AddTick"/>; the action is not called any more when this returns.</summary>
    /// <param name="tick">The action.</param>
    public void RemoveTick(Action tick)
    {
        lock (ticks) ticks.Remove(tick);
    }

    /// <summary>Takes leave of the others.</summary>
    public void Dispose() => Leave(null);

    /// <summary>Takes leave of the others.</summary>
    /// <param name="problem">Why this rank cannot make its part of the group; null if it did.</param>
    public void Leave(string? problem)
    {
        lock (gate)
        {
            if (isDisposed) return;
            isDisposed = true;
            // Nobody answers them any more.
            foreach (var wait in waits.Values) wait.TrySetException(new ObjectDisposedException(nameof(RankGroup)));
        }

        ending.Set();
        // What was said last would be lost if the connection were closed before what came meanwhile is read: rank 0's process closes it.
        if (stream.TryWrite(new Leave(problem)) && Thread.CurrentThread != reader) reader.Join(MessageStream.LongestClose);
        stream.Dispose();
    }

    // Who has not come to a step, as far as rank 0's process says it in time.
    private int[] MissingIn(string step)
    {
        TaskCompletionSource<int[]> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (gone is not null) return [];
            inquiries[step] = answer;
        }

        stream.TryWrite(new Inquiry(step));
        var missing = answer.Task.Wait(Grace) ? answer.Task.Result : [];
        lock (gate) inquiries.Remove(step);
        return missing;
    }

    private void Read()
    {
        try
        {
            while (true)
            {
                var message = stream.Read();
                Volatile.Write(ref heard, Stopwatch.GetTimestamp());
                switch (message)
                {
                    case Completion done:
                        lock (gate) waits.GetValueOrDefault(done.Step)?.TrySetResult(done.Contents);
                        break;
                    case Standing standing:
                        lock (gate) inquiries.GetValueOrDefault(standing.Step)?.TrySetResult(standing.Missing);
                        break;
                    case Notice notice:
                        Action<int, byte[]>? hear;
                        lock (gate) topics.TryGetValue(notice.Topic, out hear);
                        if (hear is not null) Hear(hear, notice);
                        break;
                    case Gone one:
                        SetGone(one.Rank, one.Reason);
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            SetGone(0, "The connection to it ended, so its process ended or was killed.");
            // Tells a rank 0 that takes leave that all it said was read.
            stream.Dispose();
        }
    }

    private void Hear(Action<int, byte[]> hear, Notice notice)
    {
        try
        {
            hear(notice.Rank, notice.Content);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A thread of the connection must not end the process, and what the others say must not be lost unnoticed.
            SetGone(notice.Rank, $"What it says cannot be heeded: {e.Message}");
        }
    }

    // The first one alone: what follows is mostly its consequence.
    private void SetGone(int rank, string reason)
    {
        lock (gate)
        {
            if (isDisposed || gone is not null) return;
            Volatile.Write(ref gone, new PeerGoneException(rank, members[rank].Place, reason));
            foreach (var wait in waits.Values) wait.TrySetException(gone);
            foreach (var inquiry in inquiries.Values) inquiry.TrySetResult([]);
        }

        FusionEventSource.Log.PeerGone(gone.Message);
    }

    private void Watch()
    {
        const int MillisecondsOfTick = 10;
        var beats = new Beats(rendezvous.Silence);
        var sinceBeat = Stopwatch.GetTimestamp();
        while (!ending.WaitOne(MillisecondsOfTick))
        {
            try
            {
                lock (ticks) ticks.ForEach(tick => tick());
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // As of a context that is lost: this process can keep the others informed no more.
                SetGone(Rank, $"It cannot tell how its calls are: {e.Message}");
            }

            if (Stopwatch.GetElapsedTime(sinceBeat) < beats.Pause) continue;
            sinceBeat = Stopwatch.GetTimestamp();
            if (beats.WasAsleep()) Volatile.Write(ref heard, sinceBeat);
            stream.TryWrite(new Beat());
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref heard)) > rendezvous.Silence) SetGone(0, RendezvousErrors.Silent(rendezvous.Silence));
        }
    }
}
