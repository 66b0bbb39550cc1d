namespace Fusion.Compiler.Images;

/// <summary>A section's header.</summary>
/// <param name="Name">Name: <c>.text.rms_norm</c>.</param>
/// <param name="Type">The kind (<c>sh_type</c>).</param>
/// <param name="Offset">Where its content starts in the file, in bytes.</param>
/// <param name="Size">Size in bytes, in the file or, where it takes no room there, in memory.</param>
/// <param name="Link">Index of the section that it refers to.</param>
/// <param name="Info">More, by kind (<c>sh_info</c>).</param>
/// <param name="Flags">Flags (<c>sh_flags</c>); of code, the upper bits count barriers.</param>
internal readonly record struct ElfSection(
    string Name, uint Type, ulong Offset, ulong Size, uint Link, uint Info, ulong Flags);

/// <summary>A symbol.</summary>
/// <param name="Name">Name.</param>
/// <param name="Info">Kind and binding (<c>st_info</c>).</param>
/// <param name="Other">Visibility and NVIDIA's flags (<c>st_other</c>).</param>
/// <param name="Section">Index of its section.</param>
internal readonly record struct ElfSymbol(string Name, byte Info, byte Other, ushort Section)
{
    private const int FunctionKind = 2;
    private const int EntryFlag = 0x10;
    private const ushort NoSection = 0;

    /// <summary>Whether the symbol is used in the file and defined elsewhere.</summary>
    public bool IsUndefined => Section == NoSection && Name.Length > 0;

    /// <summary>Whether the symbol is a kernel: a function that the host may launch.</summary>
    public bool IsEntry => (Info & 0xf) == FunctionKind && (Other & EntryFlag) != 0;
}
