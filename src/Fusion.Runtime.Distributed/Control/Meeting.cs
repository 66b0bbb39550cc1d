using System.Net.Sockets;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>How a rank comes to be a <see cref="Member"/>: it connects to rank 0, both prove that they know the secret, and it waits for the
/// others.</summary>
internal static class Meeting
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Connects to rank 0 and waits until all ranks are there.</summary>
    /// <param name="rendezvous">Who meets where.</param>
    /// <param name="coordinator">The coordinator, if it is in this process.</param>
    /// <param name="cancellationToken">Token that ends the wait.</param>
    /// <exception cref="RendezvousException">Ranks did not come in time, or something does not fit together.</exception>
    public static async Task<Member> JoinAsync(Rendezvous rendezvous, Coordinator? coordinator, CancellationToken cancellationToken)
    {
        var end = Deadline.After(rendezvous.Timeout);
        var endpoint = new Endpoint(rendezvous);
        var (last, cause) = ("nobody listens there.", (Exception?)null);
        while (true)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(end.Remaining + Member.Grace);
            try
            {
                var socket = await endpoint.ConnectAsync(deadline.Token).ConfigureAwait(false);
                var met = await TryMeetAsync(rendezvous, endpoint, socket, deadline.Token).ConfigureAwait(false);
                if (met is not null) return met;
                last = "another group meets there.";
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw RendezvousErrors.NoCoordinator(rendezvous, "it does not answer.", cause);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                (last, cause) = ($"{e.Message.TrimEnd('.')}.", e);
            }

            if (coordinator?.Ended is { Code: { } code } ended) throw new RendezvousException(code, ended.Ranks, ended.Problem);
            if (end.IsOver) throw RendezvousErrors.NoCoordinator(rendezvous, last, cause);
            await Task.Delay(RetryPause, cancellationToken).ConfigureAwait(false);
        }
    }

    // Null: rank 0 is there, but not for this group now.
    private static async Task<Member?> TryMeetAsync(Rendezvous rendezvous, Endpoint endpoint, Socket socket, CancellationToken cancellationToken)
    {
        MessageStream? stream = null;
        var isMet = false;
        try
        {
            stream = await endpoint.OpenAsync(socket, cancellationToken).ConfigureAwait(false);
            var who = new MemberInfo(
                rendezvous.Name, rendezvous.Rank, rendezvous.WorldSize, Member.LibraryVersion, Environment.MachineName, Environment.ProcessId);
            var challenge = await Expect<Challenge>().ConfigureAwait(false);
            if (challenge!.Protocol != Challenge.Version) throw RendezvousErrors.OtherProtocol(rendezvous, challenge.Protocol);
            var nonce = Proof.Nonce();
            await stream.WriteAsync(
                new Hello(who, nonce, Proof.OfMember(rendezvous.Secret, challenge.Nonce, nonce, who)), cancellationToken).ConfigureAwait(false);
            if (await Expect<Welcome>().ConfigureAwait(false) is not { } welcome) return null;
            if (!Proof.IsSame(Proof.OfCoordinator(rendezvous.Secret, challenge.Nonce, nonce, who), welcome.Proof))
                throw RendezvousErrors.UnprovenCoordinator(rendezvous);
            stream.Trust();
            if (await Expect<Formed>().ConfigureAwait(false) is not { } formed) return null;
            isMet = true;
            return new Member(rendezvous, stream, formed.Members);
        }
        finally
        {
            if (!isMet)
            {
                stream?.Dispose();
                socket.Dispose();
            }
        }

        // Null: try again.
        async Task<T?> Expect<T>()
            where T : Message
        {
            var message = await stream!.ReadAsync(cancellationToken).ConfigureAwait(false);
            return message switch
            {
                T expected => expected,
                Refusal { Code: null } => null,
                Refusal refusal => throw new RendezvousException(refusal.Code, refusal.Ranks, refusal.Problem),
                _ => throw RendezvousErrors.NoProtocol(rendezvous, new IOException($"it sent '{message.GetType().Name}'.")),
            };
        }
    }
}
