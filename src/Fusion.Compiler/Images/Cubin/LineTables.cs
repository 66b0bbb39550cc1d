using System.Buffers.Binary;
using System.Text;

namespace Fusion.Compiler.Images;

/// <summary>The tables of folders and files before a program of line information.</summary>
/// <param name="Start">Where the tables start.</param>
/// <param name="End">Where they end.</param>
/// <param name="Folders">The folders; files count them from 1.</param>
/// <param name="Names">The files, each with the number of its folder, 0 for none.</param>
internal sealed record LineTables(int Start, int End, IReadOnlyList<string> Folders, IReadOnlyList<(string Name, int Folder)> Names)
{
    private const int Version = 4;
    private const int BeforeHeader = 10;
    private const int OldestVersion = 2;
    private const int NewestVersion = 4;
    private const int WithOperations = 4;

    /// <summary>The files with their folders.</summary>
    public IEnumerable<string> Paths => Names.Select(file => file.Folder == 0 ? file.Name : $"{Folders[file.Folder - 1]}/{file.Name}");

    /// <summary>Reads the tables.</summary>
    /// <param name="section">Content of the section.</param>
    /// <param name="program">Where the program's header starts.</param>
    /// <exception cref="InvalidDataException">They are of another version, or cut off.</exception>
    public static LineTables Read(byte[] section, int program)
    {
        try
        {
            var version = BinaryPrimitives.ReadUInt16LittleEndian(section.AsSpan(program + Version));
            if (version is < OldestVersion or > NewestVersion) throw new InvalidDataException($"The cubin's line information is DWARF {version}.");
            // Least instruction, operations of one, whether lines are statements, base, range, number of opcodes; then the lengths of these.
            var at = program + BeforeHeader + (version >= WithOperations ? 5 : 4);
            at += section[at];
            var start = at;
            var folders = new List<string>();
            while (section[at] != 0) folders.Add(Text(section, ref at));
            at++;
            var names = new List<(string Name, int Folder)>();
            while (section[at] != 0)
            {
                var name = Text(section, ref at);
                var folder = Number(section, ref at);
                Number(section, ref at);
                Number(section, ref at);
                if (folder > folders.Count) throw new InvalidDataException("The cubin's line information has a file in no folder.");
                names.Add((name, folder));
            }

            return new LineTables(start, at + 1, folders, names);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("The cubin's line information is cut off.", e);
        }
    }

    /// <summary>Tables with other names in the same order. Times and sizes of files are 0, which says that they are not known.</summary>
    /// <param name="name">The new name of a file.</param>
    public byte[] Renamed(Func<string, string> name)
    {
        var folders = new List<string>();
        var files = new List<byte>();
        foreach (var path in Paths.Select(name))
        {
            var slash = path.LastIndexOf('/');
            var folder = slash < 0 ? "" : path[..slash];
            if (folder.Length > 0 && !folders.Contains(folder)) folders.Add(folder);
            files.AddRange([.. Encoding.UTF8.GetBytes(path[(slash + 1)..]), 0, .. Leb(folder.Length > 0 ? folders.IndexOf(folder) + 1 : 0), 0, 0]);
        }

        return [.. folders.SelectMany(folder => Encoding.UTF8.GetBytes(folder).Append((byte)0)), 0, .. files, 0];
    }

    private static string Text(byte[] bytes, ref int at)
    {
        var end = Array.IndexOf(bytes, (byte)0, at);
        if (end < 0) throw new InvalidDataException("The cubin's line information is cut off.");
        var text = Encoding.UTF8.GetString(bytes, at, end - at);
        at = end + 1;
        return text;
    }

    private static int Number(byte[] bytes, ref int at)
    {
        var (value, shift) = (0UL, 0);
        byte next;
        do
        {
            next = bytes[at++];
            if (shift < 64) value |= (ulong)(next & 0x7f) << shift;
            shift += 7;
        }
        while ((next & 0x80) != 0);
        return (int)Math.Min(value, int.MaxValue);
    }

    private static byte[] Leb(int value) => value < 0x80 ? [(byte)value] : [(byte)((value & 0x7f) | 0x80), .. Leb(value >> 7)];
}
