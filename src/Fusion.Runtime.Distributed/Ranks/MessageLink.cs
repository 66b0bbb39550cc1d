using System.Buffers.Binary;
using System.Collections.Concurrent;
using Fusion.Runtime.Distributed.Control;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Passes the pieces of ranks on the CPU as messages, for ranks that share no memory. It is slow, and as right as shared memory:
/// for tests of groups over several machines.</summary>
internal sealed class MessageLink : IProcessLink
{
    private readonly Member member;
    private readonly string topic;
    private readonly ConcurrentDictionary<(int Rank, long Number), byte[]> come = new();
    private int epoch;

    /// <param name="member">This process among those of the group.</param>
    /// <param name="name">Name of the operation, the same in all processes.</param>
    public MessageLink(Member member, string name)
    {
        (this.member, topic) = (member, $"{name}: pieces");
        member.Subscribe(topic, Hear);
    }

    /// <inheritdoc/>
    public void Post(int rank, long number, ReadOnlySpan<byte> piece)
    {
        var content = new byte[sizeof(int) + sizeof(long) + piece.Length];
        BinaryPrimitives.WriteInt32LittleEndian(content, Volatile.Read(ref epoch));
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(sizeof(int)), number);
        piece.CopyTo(content.AsSpan(sizeof(int) + sizeof(long)));
        member.Publish(topic, content);
    }

    /// <inheritdoc/>
    public bool TryRead(int rank, long number, Span<byte> piece)
    {
        if (!come.TryRemove((rank, number), out var content)) return false;
        var from = content.AsSpan(sizeof(int) + sizeof(long));
        from[..Math.Min(from.Length, piece.Length)].CopyTo(piece);
        return true;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Volatile.Write(ref epoch, epoch + 1);
        come.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => member.Unsubscribe(topic);

    private void Hear(int rank, byte[] content)
    {
        if (content.Length < sizeof(int) + sizeof(long) || BinaryPrimitives.ReadInt32LittleEndian(content) != Volatile.Read(ref epoch)) return;
        come[(rank, BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(sizeof(int))))] = content;
    }
}
