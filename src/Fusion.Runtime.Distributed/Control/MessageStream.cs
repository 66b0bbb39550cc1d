using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>Messages over a connection: each as JSON after its length in four bytes. One thread may read while others write.</summary>
/// <param name="socket">The connection.</param>
/// <param name="stream">What is read and written: the connection itself, or encrypted.</param>
internal sealed class MessageStream(Socket socket, Stream stream) : IDisposable
{
    /// <summary>Longest message of whom is not known yet, in bytes.</summary>
    public const int LongestOfStranger = 4096;

    /// <summary>Longest message of a member, in bytes.</summary>
    public const int LongestOfMember = 64 << 20;

    /// <summary>Longest time to wait for the other side to end the connection, after which what it has not read may be lost.</summary>
    public static readonly TimeSpan LongestClose = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(5);

    private readonly Lock writing = new();
    private int longest = LongestOfStranger;
    private bool hasEndedWrites;

    /// <summary>Allows long messages, when the other side is known.</summary>
    public void Trust()
    {
        longest = LongestOfMember;
        socket.SendTimeout = (int)LongestWrite.TotalMilliseconds;
    }

    /// <summary>Reads a message.</summary>
    /// <param name="cancellationToken">Token that ends the wait.</param>
    /// <exception cref="IOException">The connection ended, or what came is no message.</exception>
    public async Task<Message> ReadAsync(CancellationToken cancellationToken)
    {
        var head = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        var body = new byte[LengthIn(head)];
        await stream.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
        return Parse(body);
    }

    /// <summary>Reads a message, on a thread that does nothing else.</summary>
    /// <exception cref="IOException">The connection ended, or what came is no message.</exception>
    public Message Read()
    {
        Span<byte> head = stackalloc byte[sizeof(int)];
        try
        {
            stream.ReadExactly(head);
            var body = new byte[LengthIn(head)];
            stream.ReadExactly(body);
            return Parse(body);
        }
        catch (InvalidOperationException e)
        {
            // What a stream says that is closed between its checks and the read.
            throw new IOException("The connection was closed.", e);
        }
    }

    /// <summary>Writes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Token that ends the wait.</param>
    /// <exception cref="IOException">The connection ended.</exception>
    public Task WriteAsync(Message message, CancellationToken cancellationToken) =>
        stream.WriteAsync(Frame(message), cancellationToken).AsTask();

    /// <summary>Writes a message, unless the other side does not read for seconds.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether it was written. If not, the connection is ended, since a part of the message may have been written; not after
    /// <see cref="EndWrites"/>.</returns>
    public bool TryWrite(Message message)
    {
        try
        {
            var frame = Frame(message);
            lock (writing)
            {
                if (hasEndedWrites) return false;
                stream.Write(frame);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Dispose();
            return false;
        }
    }

    /// <summary>Says that nothing more is written, which ends the other side's reads when it has read all that was.</summary>
    public void EndWrites()
    {
        lock (writing)
        {
            hasEndedWrites = true;
            TryShutdown(SocketShutdown.Send);
        }
    }

    /// <summary>Ends the connection, which ends reads of other threads.</summary>
    public void Dispose()
    {
        TryShutdown(SocketShutdown.Both);
        stream.Dispose();
        socket.Dispose();
    }

    private void TryShutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side was faster.
        }
    }

    private static byte[] Frame(Message message)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(message, MessageJson.Default.Message);
        var frame = new byte[sizeof(int) + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, sizeof(int));
        return frame;
    }

    private static Message Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, MessageJson.Default.Message) ?? throw new IOException("The other side sent 'null'.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new IOException("What the other side sent is no message of this protocol.", e);
        }
    }

    private int LengthIn(ReadOnlySpan<byte> head)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(head);
        return length > 0 && length <= longest
            ? length : throw new IOException($"The other side announced a message of {length} bytes, but 1 to {longest} are allowed.");
    }
}
