using System.Buffers.Binary;
using System.Text;

namespace Fusion.Compiler.Images;

/// <summary>The sections and symbols of a 64-bit little-endian ELF file for NVIDIA GPUs. Every offset in it is checked
/// before it is used.</summary>
/// <remarks>System V ABI, chapter 4, "Object Files".</remarks>
internal sealed class ElfFile
{
    private const int HeaderSize = 64;
    private const int SectionSize = 64;
    private const int SymbolSize = 24;
    private const int CudaMachine = 190;
    private const int RelocatableKind = 1;
    private const uint SymbolTable = 2;
    private const uint NoBits = 8;

    private readonly byte[] _bytes;

    private ElfFile(byte[] bytes)
    {
        _bytes = bytes;
        if (bytes.Length < HeaderSize || !bytes.AsSpan().StartsWith("\u007fELF"u8))
        {
            throw new InvalidDataException(
                $"The cubin is no ELF file ({bytes.Length} bytes): expected NVRTC's machine code. Compile the source again.");
        }

        // Class 2: 64 bits. Data 1: little endian.
        if (bytes[4] != 2 || bytes[5] != 1 || UInt16(18) != CudaMachine || UInt16(58) != SectionSize)
        {
            throw new InvalidDataException(
                $"The ELF file is no cubin: it is for machine {UInt16(18)}, expected {CudaMachine} (NVIDIA GPUs), 64-bit and little endian.");
        }

        Sections = ReadSections();
        Symbols = ReadSymbols();
    }

    /// <summary>The file's sections by index.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>The file's symbols by index.</summary>
    public IReadOnlyList<ElfSymbol> Symbols { get; }

    /// <summary>Whether the file is an object file, which a linker would have to make executable.</summary>
    public bool IsRelocatable => UInt16(16) == RelocatableKind;

    /// <summary>The number of the architecture it is for: 90 for <c>sm_90a</c>.</summary>
    /// <remarks>Since ABI version 8 (CUDA 13) the number lies one byte higher in the flags.</remarks>
    public int Architecture => (int)(_bytes[8] >= 8 ? (UInt32(48) >> 8) & 0xff : UInt32(48) & 0xff);

    /// <summary>Opens a file.</summary>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="InvalidDataException">It is no such file, or cut off.</exception>
    public static ElfFile Read(byte[] bytes) => new(bytes);

    /// <summary>Content of a section; empty for one that takes no room in the file.</summary>
    /// <param name="section">One of <see cref="Sections"/>.</param>
    public ReadOnlySpan<byte> Content(ElfSection section) =>
        section.Type == NoBits ? [] : Range(section.Offset, section.Size, section.Name);

    private ElfSection[] ReadSections()
    {
        var start = UInt64(40);
        var count = UInt16(60);
        var table = Range(start, (ulong)count * SectionSize, "section headers");
        var names = UInt16(62);
        if (names >= count) throw CutOff("section names");

        var sections = new ElfSection[count];
        for (var i = 0; i < count; i++)
        {
            var header = table.Slice(i * SectionSize, SectionSize);
            sections[i] = new ElfSection(
                "",
                BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[40..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[44..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[8..]));
        }

        var text = Content(sections[names]);
        for (var i = 0; i < count; i++)
        {
            var name = BinaryPrimitives.ReadUInt32LittleEndian(table[(i * SectionSize)..]);
            sections[i] = sections[i] with { Name = Text(text, name) };
        }

        return sections;
    }

    private ElfSymbol[] ReadSymbols()
    {
        var section = Sections.FirstOrDefault(s => s.Type == SymbolTable);
        if (section.Name is null) return [];
        if (section.Link >= (uint)Sections.Count) throw CutOff("symbol names");

        var table = Content(section);
        var text = Content(Sections[(int)section.Link]);
        var symbols = new ElfSymbol[table.Length / SymbolSize];
        for (var i = 0; i < symbols.Length; i++)
        {
            var symbol = table.Slice(i * SymbolSize, SymbolSize);
            symbols[i] = new ElfSymbol(
                Text(text, BinaryPrimitives.ReadUInt32LittleEndian(symbol)),
                symbol[4],
                symbol[5],
                BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]));
        }

        return symbols;
    }

    private ReadOnlySpan<byte> Range(ulong offset, ulong size, string what) =>
        offset <= (ulong)_bytes.Length && size <= (ulong)_bytes.Length - offset
            ? _bytes.AsSpan((int)offset, (int)size)
            : throw CutOff(what);

    private static string Text(ReadOnlySpan<byte> table, uint offset)
    {
        if (offset >= (uint)table.Length) return offset == 0 ? "" : throw CutOff("a name");
        var rest = table[(int)offset..];
        var end = rest.IndexOf((byte)0);
        return end < 0 ? throw CutOff("a name") : Encoding.UTF8.GetString(rest[..end]);
    }

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));

    private static InvalidDataException CutOff(string what) =>
        new($"The cubin ends before its {what}: it is cut off or damaged. Compile the source again.");
}
