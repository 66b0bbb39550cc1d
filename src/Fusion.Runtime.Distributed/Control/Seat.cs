using System.Diagnostics;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>A rank as the coordinator knows it.</summary>
/// <param name="who">What the rank says of itself.</param>
/// <param name="stream">Connection to it.</param>
internal sealed class Seat(MemberInfo who, MessageStream stream) : IDisposable
{
    private long heard = Stopwatch.GetTimestamp();
    private Thread? reader;

    /// <summary>What the rank says of itself.</summary>
    public MemberInfo Who { get; } = who;

    /// <summary>Whether the rank took leave or is gone.</summary>
    public volatile bool IsGone;

    /// <summary>Time since its last message.</summary>
    public TimeSpan Silence => Stopwatch.GetElapsedTime(Volatile.Read(ref heard));

    /// <summary>Starts the thread that reads its messages.</summary>
    /// <param name="serve">What the thread does, until the connection ends.</param>
    public void Start(Action<Seat> serve)
    {
        reader = new(() => serve(this)) { IsBackground = true, Name = $"Fusion coordinator of rank {Who.Rank}" };
        reader.Start();
    }

    /// <summary>Reads its next message.</summary>
    /// <exception cref="IOException">The connection ended, or what came is no message.</exception>
    public Message Read()
    {
        var message = stream.Read();
        Heard();
        return message;
    }

    /// <summary>Notes a sign of life.</summary>
    public void Heard() => Volatile.Write(ref heard, Stopwatch.GetTimestamp());

    /// <summary>Sends it a message. Where that fails, the connection ends, which its reader sees.</summary>
    /// <param name="message">The message.</param>
    public void Send(Message message) => stream.TryWrite(message);

    /// <summary>Says that nothing more is sent. The rank then ends the connection, when it has read all.</summary>
    public void EndWrites() => stream.EndWrites();

    /// <summary>Waits until the rank has ended the connection.</summary>
    /// <param name="longest">Longest time to wait.</param>
    public void WaitForItsEnd(TimeSpan longest)
    {
        if (reader != Thread.CurrentThread) reader?.Join(longest);
    }

    /// <summary>Ends the connection.</summary>
    public void Dispose() => stream.Dispose();
}
