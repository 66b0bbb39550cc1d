using System.Buffers.Binary;

namespace Fusion.Compiler.Images;

/// <summary>Gives a section of a cubin another content, shorter or longer, by moving what follows it.</summary>
/// <remarks>As ptxas lays out a file: sections one behind the other, each at the next multiple of its alignment, then their headers, then
/// the program headers. A file in which they lie in another way is not changed.</remarks>
internal static class CubinSections
{
    private const int SectionSize = 64;
    private const int ProgramSize = 56;
    private const int HeaderAlignment = 8;
    private const uint NoBits = 8;

    /// <summary>Replaces the content of a section.</summary>
    /// <param name="cubin">All of the file.</param>
    /// <param name="section">Index of the section.</param>
    /// <param name="content">The new content.</param>
    /// <returns>The new file; null where the file lies in a way that is not known.</returns>
    public static byte[]? Replace(byte[] cubin, int section, byte[] content)
    {
        var (headers, programs) = (BinaryPrimitives.ReadInt64LittleEndian(cubin.AsSpan(40)), BinaryPrimitives.ReadInt64LittleEndian(cubin.AsSpan(32)));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(cubin.AsSpan(60));
        var programCount = BinaryPrimitives.ReadUInt16LittleEndian(cubin.AsSpan(56));
        var all = Enumerable.Range(1, count - 1).Select(i => Header.Read(cubin, (int)headers + (i * SectionSize), i)).OrderBy(one => one.Offset).ThenBy(one => one.Index).ToList();
        var at = all.FindIndex(one => one.Index == section);
        var file = new MemoryStream();
        file.Write(cubin, 0, (int)all[at].Offset);
        file.Write(content);
        var (oldEnd, newEnd) = (all[at].Offset + all[at].Size, file.Length);
        var starts = new Dictionary<long, long> { [all[at].Offset] = all[at].Offset, [0] = 0 };
        var ends = new Dictionary<long, long> { [oldEnd] = newEnd, [0] = 0 };
        foreach (var one in all.Take(at)) (starts[one.Offset], ends[one.End]) = (one.Offset, one.End);
        var moved = new List<(int Index, long Offset)>();
        foreach (var one in all.Skip(at + 1))
        {
            if (Up(oldEnd, one.Alignment) != one.Offset) return null;
            Fill(file, Up(newEnd, one.Alignment));
            moved.Add((one.Index, file.Length));
            starts.TryAdd(one.Offset, file.Length);
            if (one.Type != NoBits) file.Write(cubin, (int)one.Offset, (int)one.Size);
            (oldEnd, newEnd) = (one.End, file.Length);
            ends[oldEnd] = newEnd;
        }

        if (headers != Up(oldEnd, HeaderAlignment) || programs != headers + (count * SectionSize) || cubin.Length != programs + (programCount * ProgramSize)) return null;
        Fill(file, Up(newEnd, HeaderAlignment));
        var (newHeaders, newPrograms) = (file.Length, file.Length + (programs - headers));
        file.Write(cubin, (int)headers, (int)(cubin.Length - headers));
        var made = file.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan(40), newHeaders);
        BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan(32), newPrograms);
        BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan((int)newHeaders + (section * SectionSize) + 32), content.Length);
        foreach (var (index, offset) in moved) BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan((int)newHeaders + (index * SectionSize) + 24), offset);
        (starts[programs], ends[programs + (programCount * ProgramSize)]) = (newPrograms, made.Length);
        for (var i = 0; i < programCount; i++)
        {
            if (!MoveSegment(made.AsSpan((int)newPrograms + (i * ProgramSize), ProgramSize), starts, ends)) return null;
        }

        return made;
    }

    private static bool MoveSegment(Span<byte> segment, Dictionary<long, long> starts, Dictionary<long, long> ends)
    {
        var (offset, size) = (BinaryPrimitives.ReadInt64LittleEndian(segment[8..]), BinaryPrimitives.ReadInt64LittleEndian(segment[32..]));
        if (!starts.TryGetValue(offset, out var start)) return false;
        var end = start;
        if (size > 0 && !ends.TryGetValue(offset + size, out end)) return false;
        BinaryPrimitives.WriteInt64LittleEndian(segment[8..], start);
        BinaryPrimitives.WriteInt64LittleEndian(segment[32..], end - start);
        var memory = BinaryPrimitives.ReadInt64LittleEndian(segment[40..]);
        BinaryPrimitives.WriteInt64LittleEndian(segment[40..], memory + (end - start) - size);
        return true;
    }

    private static void Fill(MemoryStream file, long end)
    {
        while (file.Length < end) file.WriteByte(0);
    }

    private static long Up(long offset, long alignment) => alignment <= 1 ? offset : (offset + alignment - 1) / alignment * alignment;

    private readonly record struct Header(int Index, uint Type, long Offset, long Size, long Alignment)
    {
        public long End => Type == NoBits ? Offset : Offset + Size;

        public static Header Read(byte[] cubin, int at, int index) => new(index, BinaryPrimitives.ReadUInt32LittleEndian(cubin.AsSpan(at + 4)),
            BinaryPrimitives.ReadInt64LittleEndian(cubin.AsSpan(at + 24)), BinaryPrimitives.ReadInt64LittleEndian(cubin.AsSpan(at + 32)),
            BinaryPrimitives.ReadInt64LittleEndian(cubin.AsSpan(at + 48)));
    }
}
