using Fusion.Runtime.Distributed.Ranks;

namespace Fusion.Runtime.Distributed;

/// <summary>Messages from the process of one rank to the processes of all others, which get all of them in the order in which they were sent. They
/// are for what one process decides and the others follow, such as the next step of a model, not for tensors.</summary>
/// <remarks>A message passes through the process of rank 0 and takes a fraction of a millisecond. Whoever sends does not wait: what the others have not
/// received yet is kept for them. <see cref="Send"/> may be called from any thread, one after the other. The group disposes a broadcast that is left.</remarks>
public sealed class RankBroadcast : IDisposable
{
    /// <summary>Largest size of a message in bytes: 1 MiB.</summary>
    public const int LargestMessage = 1 << 20;

    private readonly RankGroup group;
    private readonly GroupConnection? connection;
    private readonly string topic;
    private readonly Queue<byte[]> arrived = new();
    private readonly object gate = new();
    private volatile bool isDisposed;

    /// <summary>Makes a broadcast. All processes of the group call this at the same step, in the same order as they make operations.</summary>
    /// <param name="group">The group. If all its ranks are in this process, nobody receives.</param>
    /// <param name="sender">Index of the rank whose process sends, the same on all.</param>
    /// <exception cref="ArgumentOutOfRangeException">The group has no such rank.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="RendezvousException">A rank did not come within the time-out of the rendezvous, or named another sender.</exception>
    public RankBroadcast(RankGroup group, int sender = 0)
    {
        ArgumentNullException.ThrowIfNull(group);
        if ((uint)sender >= (uint)group.WorldSize)
            throw new ArgumentOutOfRangeException(nameof(sender), sender, $"The group has ranks 0 to {group.WorldSize - 1}.");
        (this.group, Sender, IsSender) = (group, sender, group.Ranks[sender].IsLocal);
        connection = group.Connection as GroupConnection;
        topic = connection is null ? "" : $"{connection.NewName()}: broadcast of rank {sender}";
        group.Own(this);
        if (connection is null) return;
        try
        {
            if (!IsSender) connection.Member.Subscribe(topic, (_, message) => Add(message));
            connection.AddTick(WakeIfGone);
            // What is sent before a rank listens would be lost.
            connection.Gather(topic, []);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Index of the rank whose process sends.</summary>
    public int Sender { get; }

    /// <summary>Whether this process sends; the others receive.</summary>
    public bool IsSender { get; }

    /// <summary>Sends a message to all other processes, without waiting for them.</summary>
    /// <param name="message">The message, of <see cref="LargestMessage"/> bytes or fewer; it may be empty.</param>
    /// <exception cref="InvalidOperationException">This process receives.</exception>
    /// <exception cref="ArgumentException">The message is too large.</exception>
    /// <exception cref="PeerGoneException">A rank is gone. That all are there when this returns does not say that they get the message.</exception>
    /// <exception cref="ObjectDisposedException">The broadcast or the group was disposed.</exception>
    public void Send(ReadOnlySpan<byte> message)
    {
        if (!IsSender) throw new InvalidOperationException($"The process of rank {Sender} sends, and this one receives.");
        if (message.Length > LargestMessage)
            throw new ArgumentException($"The message has {message.Length} bytes; allowed are {LargestMessage}.", nameof(message));
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (connection is null) return;
        if (connection.Gone is { } gone) throw gone.CopyForThread();
        // If it cannot be written, the connection says who is gone.
        connection.Member.Publish(topic, message.ToArray());
    }

    /// <summary>Waits for the next message, however long its sender takes. The end of a process is heard, and then thrown behind the messages that came before.</summary>
    /// <param name="cancellationToken">Token that ends the wait.</param>
    /// <returns>The message.</returns>
    /// <exception cref="InvalidOperationException">This process sends.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    /// <exception cref="ObjectDisposedException">The broadcast or the group was disposed, before or meanwhile.</exception>
    public byte[] Receive(CancellationToken cancellationToken = default)
    {
        if (IsSender) throw new InvalidOperationException($"This process has rank {Sender}, which sends; the others receive.");
        using var canceling = cancellationToken.UnsafeRegister(_ => Wake(), null);
        lock (gate)
        {
            while (true)
            {
                ObjectDisposedException.ThrowIf(isDisposed, this);
                cancellationToken.ThrowIfCancellationRequested();
                if (arrived.TryDequeue(out var message)) return message;
                if (connection!.Gone is { } gone) throw gone.CopyForThread();
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Ends the broadcast in this process, and waits up to two seconds until the others have ended theirs: so what was sent arrives.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed) return;
            isDisposed = true;
            Monitor.PulseAll(gate);
        }

        group.Disown(this);
        if (connection is null) return;
        connection.Meet($"{topic}: end", GpuDrain.Grace);
        connection.Member.Unsubscribe(topic);
        connection.RemoveTick(WakeIfGone);
    }

    private void Add(byte[] message)
    {
        lock (gate)
        {
            arrived.Enqueue(message);
            Monitor.PulseAll(gate);
        }
    }

    private void WakeIfGone()
    {
        if (connection!.Gone is not null) Wake();
    }

    private void Wake()
    {
        lock (gate) Monitor.PulseAll(gate);
    }
}
