using System.Text;
using System.Text.RegularExpressions;

namespace Fusion.Compiler.Images;

/// <summary>The numbers of calls in PTX: in comments, <c>{ // callseq 3, 0</c>, and in the names that a call through a pointer gives its types,
/// <c>prototype_3</c>. NVRTC before version 13 counts the calls of all that a process compiles, on all its threads. Counted anew in each image,
/// equal sources give equal images.</summary>
internal static partial class CallNumbers
{
    private const string TextSection = ".nv_debug_ptx_txt";

    /// <summary>Numbers the calls of a PTX text from 0.</summary>
    /// <param name="ptx">All of it, in lines that end with a line feed or a zero.</param>
    public static byte[] FromZero(byte[] ptx)
    {
        if (ptx.AsSpan().IndexOf("// callseq "u8) < 0) return ptx;
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return Encoding.Latin1.GetBytes(Number().Replace(Encoding.Latin1.GetString(ptx), match =>
        {
            numbers.TryAdd(match.Value, numbers.Count);
            return $"{numbers[match.Value]}";
        }));
    }

    /// <summary>Numbers the calls from 0 in the PTX that a cubin with line information has in it, a line behind the other.</summary>
    /// <param name="cubin">All of the file.</param>
    /// <returns>The new file; the same where it has none, or lies in a way that is not known.</returns>
    public static byte[] FromZeroInCubin(byte[] cubin)
    {
        try
        {
            var file = ElfFile.Read(cubin);
            var index = file.Sections.ToList().FindIndex(section => section.Name == TextSection);
            if (index < 0) return cubin;
            var old = file.Content(file.Sections[index]).ToArray();
            var renumbered = FromZero(old);
            return renumbered.AsSpan().SequenceEqual(old) ? cubin : CubinSections.Replace(cubin, index, renumbered) ?? cubin;
        }
        catch (InvalidDataException)
        {
            return cubin;
        }
    }

    // Alone on its line, a name is not that of a function of the source.
    [GeneratedRegex(@"(?<=[{}] // callseq )\d+|(?<=[\n\0]\t?prototype_)\d+(?= : \.callprototype )|(?<=[\n\0]\t?, prototype_)\d+(?=;\s*[\n\0])")]
    private static partial Regex Number();
}
