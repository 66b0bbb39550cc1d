using Microsoft.Win32.SafeHandles;

namespace Fusion.Cli.Output;

/// <summary>Standard output into a file or a pipe, which throws if it cannot be written. .NET's own stream silently drops
/// what a closed pipe does not accept.</summary>
internal sealed class StandardOutput : Stream
{
    private readonly Stream target;

    private StandardOutput(Stream target) => this.target = target;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Redirects <see cref="Console.Out"/> to this stream, unless it is a terminal. Must be called before anything
    /// is written.</summary>
    public static void Open()
    {
        if (!Console.IsOutputRedirected) return;
        var encoding = Console.Out.Encoding;
        Console.SetOut(new StreamWriter(OpenBytes(), encoding) { AutoFlush = true });
    }

    /// <summary>Opens standard output for bytes, which are written at once.</summary>
    public static Stream OpenBytes() => new StandardOutput(Pipe() ?? Console.OpenStandardOutput());

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            target.Write(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(e);
        }
    }

    /// <inheritdoc/>
    public override void Flush() => target.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    // Null if the output is no pipe, and on Windows, where a pipe has no file descriptor.
    private static FileStream? Pipe()
    {
        if (OperatingSystem.IsWindows()) return null;
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            // A file may be shared with standard error, and a second stream would not know its position.
            return stream.CanSeek ? null : stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>Standard output cannot be written: the disk is full, or the reader of a pipe has ended.</summary>
/// <param name="reason">Exception of the system.</param>
internal sealed class OutputException(Exception reason)
    : Exception($"Standard output cannot be written: {reason.Message}", reason);
