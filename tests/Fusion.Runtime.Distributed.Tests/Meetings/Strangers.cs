using System.Net.Sockets;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Meetings;

/// <summary>Whoever else connects does not keep the ranks from meeting.</summary>
public sealed class Strangers
{
    private readonly string name = $"fusion-test-{Guid.NewGuid():n}";

    private RendezvousAddress Address => RendezvousAddress.Unix($"@{name}");

    [Test]
    public async Task ThatSayNothingAreNotWaitedFor()
    {
        var first = RankGroup.JoinAsync(Meeting.Of(0, 2, Address));
        var silent = Enumerable.Range(0, 1000).Select(_ => Connect()).ToList();
        await using var second = await RankGroup.JoinAsync(Meeting.Of(1, 2, Address));
        await using var group = await first;
        Assert.That(group.WorldSize, Is.EqualTo(2));
        silent.ForEach(socket => socket.Dispose());
    }

    [Test]
    public async Task ThatSendGarbageAreHungUpOn()
    {
        var first = RankGroup.JoinAsync(Meeting.Of(0, 2, Address));
        using var stranger = Connect();
        var garbage = new byte[1 << 20];
        Random.Shared.NextBytes(garbage);
        var sent = 0L;
        Assert.That(
            () =>
            {
                while (sent < 1L << 30) sent += stranger.Send(garbage);
            },
            Throws.TypeOf<SocketException>());
        Assert.That(sent, Is.LessThan(8 << 20));
        await using var second = await RankGroup.JoinAsync(Meeting.Of(1, 2, Address));
        await using var group = await first;
    }

    [TestCase("""{"is":"hello"}""")]
    [TestCase("""{"is":"hello","Who":{"Group":"default","Rank":1,"WorldSize":2,"Library":"x","Host":"h","Process":1},"Nonce":"AAAA","Proof":"AAAA"}""")]
    [TestCase("""{"is":"contribution","Step":"x","Content":""}""")]
    [TestCase("""{"is":"nothing"}""")]
    [TestCase("null")]
    [TestCase("[")]
    public async Task ThatSendMessagesWithoutProofGetNowhere(string message)
    {
        var first = RankGroup.JoinAsync(Meeting.Of(0, 2, Address) with { Secret = "s" });
        using var stranger = Connect();
        stranger.Send([0, 0, 0, (byte)message.Length, .. System.Text.Encoding.UTF8.GetBytes(message)]);
        await using var second = await RankGroup.JoinAsync(Meeting.Of(1, 2, Address) with { Secret = "s" });
        await using var group = await first;
    }

    [Test]
    public async Task ThatStopInTheMiddleOfAMessageAreNotWaitedFor()
    {
        var first = RankGroup.JoinAsync(Meeting.Of(0, 2, Address));
        using var stranger = Connect();
        stranger.Send([0, 0, 0, 100, (byte)'{']);
        await using var second = await RankGroup.JoinAsync(Meeting.Of(1, 2, Address));
        await using var group = await first;
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        for (var i = 0; ; i++)
        {
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint($"\0{name}"));
                return socket;
            }
            catch (SocketException) when (i < 200)
            {
                // Rank 0 does not listen yet, or its queue is full.
                Thread.Sleep(10);
            }
        }
    }
}
