using System.Buffers.Binary;

namespace Fusion.Compiler.Images;

/// <summary>The names of source files in a cubin's line information, which profilers show.</summary>
/// <remarks>DWARF 2 to 4, "Line Number Information": a program for each part of the code, with tables of folders and files before it. ptxas writes
/// version 2, and the time and size of each file.</remarks>
internal static class DebugLines
{
    private const string SectionName = ".debug_line";
    private const int LengthSize = 4;
    private const int BeforeHeader = 10;
    private const int Rel = 9;
    private const int SizeOfRel = 16;
    private const int SizeOfRela = 24;

    /// <summary>The files that a cubin names, with their folders.</summary>
    /// <param name="cubin">All of it.</param>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public static IReadOnlyList<string> Files(byte[] cubin)
    {
        var file = ElfFile.Read(cubin);
        var section = file.Sections.FirstOrDefault(section => section.Name == SectionName);
        var bytes = section.Name is null ? [] : file.Content(section).ToArray();
        return [.. Programs(bytes).SelectMany(program => LineTables.Read(bytes, program).Paths)];
    }

    /// <summary>Gives the files other names.</summary>
    /// <param name="cubin">All of it.</param>
    /// <param name="name">The new name of a file.</param>
    /// <returns>The new file; null where the line information has a form that is not known.</returns>
    public static byte[]? Rename(byte[] cubin, Func<string, string> name)
    {
        try
        {
            var file = ElfFile.Read(cubin);
            var index = file.Sections.ToList().FindIndex(section => section.Name == SectionName);
            if (index < 0) return cubin;
            var old = file.Content(file.Sections[index]).ToArray();
            var made = new MemoryStream();
            // Where a part of the old content begins, and how far it moves.
            var moves = new List<(long From, long By)>();
            foreach (var program in Programs(old))
            {
                var tables = LineTables.Read(old, program);
                var renamed = tables.Renamed(name);
                var more = renamed.Length - (tables.End - tables.Start);
                var start = made.Length;
                made.Write(old, program, tables.Start - program);
                made.Write(renamed);
                moves.Add((tables.End, made.Length - tables.End));
                made.Write(old, tables.End, End(old, program) - tables.End);
                var bytes = made.GetBuffer().AsSpan((int)start);
                Add(bytes, more);
                Add(bytes[(LengthSize + 2)..], more);
            }

            var copy = cubin.ToArray();
            Relocate(copy, file, index, moves);
            return CubinSections.Replace(copy, index, made.ToArray());
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static void Add(Span<byte> number, int more) =>
        BinaryPrimitives.WriteUInt32LittleEndian(number, (uint)(BinaryPrimitives.ReadUInt32LittleEndian(number) + more));

    // Relocations name places in the section.
    private static void Relocate(byte[] cubin, ElfFile file, int section, List<(long From, long By)> moves)
    {
        foreach (var relocations in file.Sections.Where(one => one.Name is ".rel" + SectionName or ".rela" + SectionName && one.Info == section))
        {
            var step = relocations.Type == Rel ? SizeOfRel : SizeOfRela;
            for (var at = (int)relocations.Offset; at + step <= (int)(relocations.Offset + relocations.Size); at += step)
            {
                var place = BinaryPrimitives.ReadInt64LittleEndian(cubin.AsSpan(at));
                BinaryPrimitives.WriteInt64LittleEndian(cubin.AsSpan(at), place + moves.LastOrDefault(move => move.From <= place).By);
            }
        }
    }

    private static IEnumerable<int> Programs(byte[] section)
    {
        for (var at = 0; at + BeforeHeader < section.Length; at = End(section, at)) yield return at;
    }

    private static int End(byte[] section, int program)
    {
        var end = program + LengthSize + (long)BinaryPrimitives.ReadUInt32LittleEndian(section.AsSpan(program));
        return end <= section.Length ? (int)end : throw new InvalidDataException("The cubin's line information is cut off.");
    }
}
