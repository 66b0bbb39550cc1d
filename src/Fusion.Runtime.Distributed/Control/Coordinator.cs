using System.Net.Sockets;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>What brings the ranks of a group together, in the process of rank 0: it accepts each rank, tells all when all are there, and
/// then passes on what they say and who is gone. Each rank, rank 0 too, speaks to it as a <see cref="Member"/>.</summary>
internal sealed class Coordinator : IDisposable
{
    // Who has not said yet who it is must not keep the ranks out: the longest such connection ends for a new one.
    private const int MostStrangers = 128;
    private static readonly TimeSpan LongestHandshake = TimeSpan.FromSeconds(10);

    private readonly Rendezvous rendezvous;
    private readonly Endpoint endpoint;
    private readonly Socket listener;
    private readonly CancellationTokenSource ending = new();
    private readonly Lock gate = new();

    // What a step gave and who is gone reach each rank in the same order: a rank that leaves with what the step gave must not be heard of
    // before the step.
    private readonly Lock telling = new();
    private readonly LinkedList<Socket> strangers = [];
    private readonly Seat?[] seats;
    private readonly Steps steps;
    private int refused;
    private bool isFormed;
    private bool isOver;
    private Refusal? ended;

    // What all hear of: a rank that leaves because of it may be heard sooner.
    private Gone? firstGone;

    /// <summary>Listens, and accepts ranks until all are there or the time is over.</summary>
    /// <param name="rendezvous">Who meets where.</param>
    /// <exception cref="RendezvousException">The address is in use, or not of this machine.</exception>
    public Coordinator(Rendezvous rendezvous)
    {
        this.rendezvous = rendezvous;
        seats = new Seat?[rendezvous.WorldSize];
        steps = new(rendezvous.WorldSize);
        endpoint = new Endpoint(rendezvous);
        listener = endpoint.Listen();
        _ = AcceptAsync();
        new Thread(Watch) { IsBackground = true, Name = "Fusion coordinator" }.Start();
    }

    /// <summary>Why the meeting ended without a group; null if it did not. A rank that has not connected yet finds nobody who would tell
    /// it.</summary>
    public Refusal? Ended => Volatile.Read(ref ended);

    /// <summary>Ends all connections, when rank 0 takes leave.</summary>
    /// <param name="problem">Why rank 0 cannot make its part of the group; null if it did.</param>
    public void Leave(string? problem)
    {
        bool isMeeting;
        lock (gate) isMeeting = !isFormed;
        // As long as the ranks meet, those that came try again.
        End(isMeeting ? null : new Gone(0, ReasonOf(problem), IsOrderly: true));
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose() => Leave(null);

    private async Task AcceptAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(ending.Token).ConfigureAwait(false);
                _ = ReceiveAsync(socket);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // A connection that ended before it was accepted; or all is over, which the loop sees. Too many open files, too: then a
                // pause is what helps.
                if (!ending.IsCancellationRequested) await Task.Delay(1).ConfigureAwait(false);
            }
        }
    }

    private async Task ReceiveAsync(Socket socket)
    {
        var node = AddStranger(socket);
        var isSeated = false;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        deadline.CancelAfter(LongestHandshake);
        MessageStream? stream = null;
        try
        {
            stream = await endpoint.AcceptAsync(socket, deadline.Token).ConfigureAwait(false);
            if (stream is null) return;
            var challenge = Proof.Nonce();
            await stream.WriteAsync(new Challenge(Challenge.Version, challenge), deadline.Token).ConfigureAwait(false);
            if (await stream.ReadAsync(deadline.Token).ConfigureAwait(false) is not Hello hello) return;
            if (Judge(hello, challenge) is { } refusal)
            {
                await stream.WriteAsync(refusal, deadline.Token).ConfigureAwait(false);
                return;
            }

            await stream.WriteAsync(new Welcome(Proof.OfCoordinator(rendezvous.Secret, challenge, hello.Nonce, hello.Who)), deadline.Token).ConfigureAwait(false);
            stream.Trust();
            isSeated = Sit(hello.Who, stream);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or
            System.Security.Authentication.AuthenticationException or RendezvousException)
        {
            // Garbage, silence or a connection that ended: no rank. A rank whose connection broke comes again.
        }
        finally
        {
            lock (gate) strangers.Remove(node);
            if (!isSeated)
            {
                stream?.Dispose();
                socket.Dispose();
            }
        }
    }

    private LinkedListNode<Socket> AddStranger(Socket socket)
    {
        lock (gate)
        {
            if (strangers.Count >= MostStrangers)
            {
                strangers.First!.Value.Dispose();
                strangers.RemoveFirst();
            }

            return strangers.AddLast(socket);
        }
    }

    private Refusal? Judge(Hello hello, byte[] challenge)
    {
        var isKnown = hello is { Who: { Group: not null, Library: not null, Host: not null }, Nonce.Length: Proof.NonceBytes } &&
            Proof.IsSame(Proof.OfMember(rendezvous.Secret, challenge, hello.Nonce, hello.Who), hello.Proof);
        if (!isKnown)
        {
            Interlocked.Increment(ref refused);
            return RendezvousErrors.WrongSecret(rendezvous);
        }

        return hello.Who.Group == rendezvous.Name ? null : new Refusal(null, [], "Another group meets here now.");
    }

    // A rank that knows the secret but contradicts the others ends the meeting: it cannot end well, and all should hear why at once.
    private bool Sit(MemberInfo who, MessageStream stream)
    {
        Refusal? contradiction;
        var isLast = false;
        var seat = new Seat(who, stream);
        lock (gate)
        {
            if (isOver || isFormed) return false;
            contradiction = Contradiction(who);
            if (contradiction is null)
            {
                seats[who.Rank] = seat;
                isLast = Array.TrueForAll(seats, one => one is not null);
            }

            if (isLast)
            {
                // Under the lock, so that nobody hears of anything else before.
                isFormed = true;
                SendToAll(new Formed([.. seats.Select(one => one!.Who)]));
            }
        }

        if (contradiction is not null)
        {
            stream.TryWrite(contradiction);
            End(contradiction);
            return false;
        }

        seat.Start(Serve);
        // Nobody else is to come: who connects now hears at once that nobody listens.
        if (isLast) listener.Dispose();
        return true;
    }

    private Refusal? Contradiction(MemberInfo who)
    {
        if (who.WorldSize != rendezvous.WorldSize) return RendezvousErrors.OtherWorldSize(rendezvous, who);
        if (who.Rank < 0 || who.Rank >= seats.Length) return RendezvousErrors.NoSuchRank(rendezvous, who);
        if (who.Library != Member.LibraryVersion) return RendezvousErrors.OtherVersion(who, Member.LibraryVersion);
        return seats[who.Rank] is { } other ? RendezvousErrors.CameTwice(other.Who, who) : null;
    }

    private void Serve(Seat seat)
    {
        try
        {
            while (true)
            {
                var message = seat.Read();
                switch (message)
                {
                    case Contribution part:
                        if (steps.Add(seat.Who.Rank, part, out var isNew) is not { } completion) break;
                        if (isNew) TellAll(completion);
                        else seat.Send(completion);
                        break;
                    case Inquiry inquiry:
                        seat.Send(new Standing(inquiry.Step, steps.MissingIn(inquiry.Step)));
                        break;
                    case Notice notice:
                        SendToAll(notice with { Rank = seat.Who.Rank }, but: seat);
                        break;
                    case Leave leave:
                        // Nothing follows. It waits for the end of the connection, which says that all it sent was read.
                        Remove(seat, ReasonOf(leave.Problem), isOrderly: true);
                        seat.Dispose();
                        return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            Remove(seat, "Its connection ended, so its process ended or was killed.", isOrderly: false);
        }
    }

    private void Remove(Seat seat, string reason, bool isOrderly)
    {
        Gone first;
        lock (gate)
        {
            if (isOver || seat.IsGone) return;
            if (!isFormed)
            {
                // Its process may be started again.
                seats[seat.Who.Rank] = null;
                seat.Dispose();
                return;
            }

            seat.IsGone = true;
            first = firstGone ??= new(seat.Who.Rank, reason, isOrderly);
        }

        TellAll(first, but: seat);
        if (!isOrderly) seat.Dispose();
    }

    private void TellAll(Message message, Seat? but = null)
    {
        lock (telling) SendToAll(message, but);
    }

    private void SendToAll(Message message, Seat? but = null)
    {
        foreach (var seat in seats)
        {
            if (seat is { IsGone: false } && seat != but) seat.Send(message);
        }
    }

    // Ends the meeting if not all come in time; then sends signs of life, and listens for those of the others.
    private void Watch()
    {
        var end = Deadline.After(rendezvous.Timeout);
        var beats = new Beats(rendezvous.Silence);
        while (!ending.Token.WaitHandle.WaitOne(beats.Pause))
        {
            bool isMeeting;
            lock (gate) isMeeting = !isFormed;
            if (isMeeting)
            {
                if (end.IsOver) End(RendezvousErrors.Missing(rendezvous, seats.Select(seat => seat?.Who).ToArray(), refused));
                continue;
            }

            // After a pause of this process, what others sent meanwhile is not read yet.
            if (beats.WasAsleep()) Array.ForEach(seats, seat => seat!.Heard());
            SendToAll(new Beat());
            foreach (var seat in seats)
            {
                if (seat is { IsGone: false } && seat.Silence > rendezvous.Silence) Remove(seat, RendezvousErrors.Silent(rendezvous.Silence), isOrderly: false);
            }
        }
    }

    // Of a connection that is closed before all of it was read, the other side may lose what it has not read either.
    private void CloseAll()
    {
        var end = Deadline.After(MessageStream.LongestClose);
        foreach (var seat in seats) seat?.EndWrites();
        foreach (var seat in seats) seat?.WaitForItsEnd(end.Remaining);
        foreach (var seat in seats) seat?.Dispose();
    }

    private static string ReasonOf(string? problem) =>
        problem is null ? "It disposed its group." : $"It could not make its part of the group: {problem}";

    private void End(Message? reason)
    {
        lock (gate)
        {
            if (isOver) return;
            isOver = true;
            if (reason is Gone gone) reason = firstGone ??= gone;
        }

        Volatile.Write(ref ended, reason as Refusal);
        if (reason is not null) TellAll(reason);
        ending.Cancel();
        listener.Dispose();
        CloseAll();
        lock (gate)
        {
            foreach (var socket in strangers) socket.Dispose();
        }

        if (rendezvous.Address.Path is { } path && path[0] != '@') File.Delete(path);
    }
}
