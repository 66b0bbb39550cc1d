using System.Buffers;

namespace Fusion.Cli.Running;

/// <summary>Passes the output of a rank on, line by line, with a prefix before each. Lines of several ranks are never mixed: each is
/// written at once, and one that does not end at the end of the output is ended.</summary>
/// <param name="target">Stream that gets the lines.</param>
/// <param name="gate">Lock of all who write to the same screen.</param>
/// <param name="prefix">Bytes before each line.</param>
internal sealed class ForwardedLines(Stream target, Lock gate, byte[] prefix)
{
    /// <summary>Most bytes of a line; a longer one is passed on as several.</summary>
    public const int LongestLine = 64 * 1024;

    private readonly byte[] buffer = new byte[LongestLine];
    private readonly ArrayBufferWriter<byte> lines = new();
    private int length;

    /// <summary>Passes on all that a stream has.</summary>
    /// <exception cref="Output.OutputException">The target cannot be written.</exception>
    public void Copy(Stream source)
    {
        while (source.Read(buffer, length, buffer.Length - length) is var read and > 0)
        {
            var end = length + read;
            var start = 0;
            // What was there before has no end of a line.
            for (var from = length; buffer.AsSpan(from, end - from).IndexOf((byte)'\n') is var found and >= 0; from = start)
            {
                Add(buffer.AsSpan(start, from + found - start));
                start = from + found + 1;
            }

            if (start == 0 && end == buffer.Length)
            {
                start = WholeCharacters(buffer);
                Add(buffer.AsSpan(0, start));
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            length = end - start;
            Write();
        }

        if (length == 0) return;
        Add(buffer.AsSpan(0, length));
        Write();
    }

    /// <summary>Number of bytes up to the last character of UTF-8 that is whole.</summary>
    /// <param name="bytes">Bytes, at least 4.</param>
    internal static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= 3; back++)
        {
            var value = bytes[^back];
            if ((value & 0xC0) == 0x80) continue;
            var size = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : value >= 0xC0 ? 2 : 1;
            return size > back ? bytes.Length - back : bytes.Length;
        }

        return bytes.Length;
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        lines.Write(prefix);
        lines.Write(line);
        lines.Write("\n"u8);
    }

    private void Write()
    {
        if (lines.WrittenCount == 0) return;
        lock (gate) target.Write(lines.WrittenSpan);
        lines.ResetWrittenCount();
    }
}
