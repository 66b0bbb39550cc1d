using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Compiler.Images;

/// <summary>Reads the variables that a PTX text defines outside of functions.</summary>
/// <remarks>PTX ISA, "Variable Declarations". What cannot be read is left out: a build does not depend on it.</remarks>
internal static class PtxVariable
{
    /// <summary>Reads a definition: <c>.global [.attribute(.managed)] [.align N] .type name['['N']'] [= value];</c>.</summary>
    /// <param name="scanner">The text, at the variable's space. It ends on the semicolon or the equals sign.</param>
    /// <returns>Null if it cannot be read.</returns>
    public static ImageVariable? Read(PtxScanner scanner)
    {
        var kind = scanner.Current == ".const" ? VariableKind.Constant : VariableKind.Device;
        var (name, size) = ("", 0L);
        while (scanner.Next() && scanner.Current is not (";" or "="))
        {
            var word = scanner.Current;
            if (word == ".managed") kind = VariableKind.Managed;
            else if (word == ".align") scanner.Next();
            else if (PtxType.SizeOf(word) is { } bytes) size = bytes;
            else if (word == "[" && scanner.Next())
                size *= long.TryParse(scanner.Current, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
            else if (size > 0 && name.Length == 0 && word[0] != '.') name = word;
        }

        return name.Length > 0 && size > 0 ? new ImageVariable(name, kind, size) : null;
    }

    /// <summary>Skips a variable that is defined elsewhere: <c>.extern .global .align 4 .b8 name[4];</c>.</summary>
    /// <param name="scanner">The text, at the <c>.extern</c>. It ends on the semicolon, or where a function starts.</param>
    public static void SkipExternal(PtxScanner scanner)
    {
        while (scanner.Next() && scanner.Current is not (";" or ".func" or ".entry"))
        {
        }
    }
}
