using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fusion.Runtime.Distributed.Memory;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Tests.Memory;

/// <summary>How descriptors come from one process to another (<see cref="DescriptorServer"/>, <see cref="DescriptorClient"/>).</summary>
[Platform("Linux")]
internal sealed class DescriptorsBetweenProcesses
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Test]
    public void EachTokenGetsItsDescriptor()
    {
        using var server = new DescriptorServer();
        var files = Enumerable.Range(0, 20).Select(number => FileOf((byte)number)).ToList();
        var tokens = files.ConvertAll(server.Offer);
        // An offer outlives the handle that it was made of.
        files.ForEach(file => file.Dispose());
        Parallel.For(0, 200, i =>
        {
            using var got = DescriptorClient.Fetch(server.Name, tokens[i % 20], Patience);
            var content = new byte[2];
            Assert.That(RandomAccess.Read(got, content, 0), Is.EqualTo(1));
            Assert.That(content[0], Is.EqualTo(i % 20));
        });
    }

    [Test]
    public void AProgramThatIsStartedDoesNotInheritIt()
    {
        const int getFlags = 1;
        using var server = new DescriptorServer();
        using var file = FileOf(1);
        using var got = DescriptorClient.Fetch(server.Name, server.Offer(file), Patience);
        Assert.That(got.DangerousGetHandle(), Is.Not.EqualTo(file.DangerousGetHandle()));
        Assert.That(LinuxCalls.Control(got, getFlags, 0), Is.EqualTo(1));
    }

    [Test]
    public void AWrongTokenGetsNothing()
    {
        using var server = new DescriptorServer();
        using var file = FileOf(1);
        var token = server.Offer(file);
        for (var i = 0; i < token.Length; i += 31)
        {
            byte[] wrong = [.. token];
            wrong[i] ^= 1;
            Assert.That(() => DescriptorClient.Fetch(server.Name, wrong, Patience), Throws.TypeOf<IOException>().With.Message.Contains("token"));
        }

        DescriptorClient.Fetch(server.Name, token, Patience).Dispose();
        server.Withdraw(RandomNumberGenerator.GetBytes(DescriptorServer.TokenBytes));
        server.Withdraw(token);
        Assert.That(() => DescriptorClient.Fetch(server.Name, token, Patience), Throws.TypeOf<IOException>().With.Message.Contains("token"));
    }

    [Test]
    public void AServerThatIsGoneIsAnErrorAtOnce()
    {
        using var file = FileOf(1);
        var server = new DescriptorServer();
        var token = server.Offer(file);
        server.Dispose();
        server.Dispose();
        var clock = Stopwatch.StartNew();
        Assert.That(() => DescriptorClient.Fetch(server.Name, token, Patience), Throws.TypeOf<IOException>());
        Assert.That(clock.Elapsed, Is.LessThan(Patience));
        Assert.That(() => server.Offer(file), Throws.TypeOf<ObjectDisposedException>());
        file.Dispose();
        Assert.That(file.IsClosed, Is.True);
    }

    [Test]
    public void AnotherUserGetsNothing()
    {
        if (LinuxCalls.EffectiveUser() != 0 || !File.Exists("/usr/bin/setpriv")) Assert.Ignore("only root can start a process as another user, with setpriv");
        using var server = new DescriptorServer();
        using var file = FileOf(1);
        string[] arguments = ["stranger", server.Name, Convert.ToHexString(server.Offer(file))];
        using var own = RankProcesses.Start(arguments);
        Assert.That(own.StandardOutput.ReadLine(), Is.EqualTo("1"));
        using var other = RankProcesses.StartAsNobody(arguments);
        var answer = other.StandardOutput.ReadLine();
        if (answer is null) Assert.Ignore("the program cannot be read by another user");
        Assert.That(answer, Is.EqualTo("0"));
    }

    // Whoever knows the name of the socket and is the same user can connect.
    [Test]
    public void SilentConnectionsHoldUpNobody()
    {
        using var server = new DescriptorServer();
        using var file = FileOf(1);
        var token = server.Offer(file);
        var silent = Enumerable.Range(0, 300).Select(_ => Connect(server.Name)).ToList();
        DescriptorClient.Fetch(server.Name, token, Patience).Dispose();
        // Those before the last few were closed for them.
        Assert.That(silent[0].Poll(Patience, SelectMode.SelectRead), Is.True);
        Assert.That(ReceiveOrReset(silent[0]), Is.Zero);
        silent.ForEach(one => one.Dispose());
    }

    [Test]
    public void AConnectionThatSaysNothingIsClosed()
    {
        using var server = new DescriptorServer();
        using var silent = Connect(server.Name);
        Assert.That(silent.Poll(Patience, SelectMode.SelectRead), Is.True);
        Assert.That(ReceiveOrReset(silent), Is.Zero);
    }

    [Test]
    public void GarbageIsNotReadToItsEnd()
    {
        using var server = new DescriptorServer();
        using var file = FileOf(1);
        var token = server.Offer(file);
        using var stranger = Connect(server.Name);
        var garbage = RandomNumberGenerator.GetBytes(1 << 20);
        Assert.That(() =>
        {
            for (var i = 0; i < 100; i++) stranger.Send(garbage);
        }, Throws.InstanceOf<SocketException>());
        DescriptorClient.Fetch(server.Name, token, Patience).Dispose();
    }

    [Test]
    public void AServerThatDoesNotAnswerIsWaitedForNoLonger([Values] bool isFull)
    {
        var name = $"fusion-test-{Guid.NewGuid():N}";
        using var stopped = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stopped.Bind(SameUser.EndPoint(name));
        stopped.Listen(0);
        // A queue of length 0 takes one connection.
        using var first = isFull ? Connect(name) : null;
        var clock = Stopwatch.StartNew();
        Assert.That(
            () => DescriptorClient.Fetch(name, new byte[DescriptorServer.TokenBytes], TimeSpan.FromMilliseconds(200)),
            Throws.TypeOf<TimeoutException>().With.Message.Contains("0.2 seconds"));
        Assert.That(clock.Elapsed, Is.GreaterThan(TimeSpan.FromMilliseconds(150)).And.LessThan(Patience));
    }

    [Test]
    public void AnAnswerWithoutDescriptorIsNone([Values(0, 1, 100)] int bytes)
    {
        var name = $"fusion-test-{Guid.NewGuid():N}";
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(SameUser.EndPoint(name));
        other.Listen(1);
        var answer = Task.Run(() =>
        {
            using var connection = other.Accept();
            _ = connection.Receive(new byte[DescriptorServer.TokenBytes]);
            _ = connection.Send(Enumerable.Repeat((byte)1, bytes).ToArray());
        });
        Assert.That(() => DescriptorClient.Fetch(name, new byte[DescriptorServer.TokenBytes], Patience), Throws.TypeOf<IOException>().With.Message.Contains("no descriptor"));
        Assert.That(answer.Wait(Patience), Is.True);
    }

    [Test]
    public void NoDescriptorIsLeftOpen()
    {
        using var file = FileOf(1);
        using (var warm = new DescriptorServer()) DescriptorClient.Fetch(warm.Name, warm.Offer(file), Patience).Dispose();
        var before = OpenDescriptors();
        using (var server = new DescriptorServer())
        {
            var token = server.Offer(file);
            for (var i = 0; i < 50; i++) DescriptorClient.Fetch(server.Name, token, Patience).Dispose();
        }

        // The server's side of the last connection may be closing.
        Assert.That(OpenDescriptors, Is.LessThanOrEqualTo(before + 5).After(5000, 20));
    }

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private static SafeFileHandle FileOf(byte content)
    {
        var file = LinuxCalls.CreateMemory("test", LinuxCalls.CloseOnExec);
        RandomAccess.Write(file, [content], 0);
        return file;
    }

    private static Socket Connect(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(SameUser.EndPoint(name));
        return socket;
    }

    private static int ReceiveOrReset(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
