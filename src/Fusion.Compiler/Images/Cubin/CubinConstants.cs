using System.Globalization;

namespace Fusion.Compiler.Images;

/// <summary>Sizes of a cubin's banks of constants.</summary>
internal static class CubinConstants
{
    private const string Prefix = ".nv.constant";

    /// <summary>The banks that a kernel can read: its own, <c>.nv.constant0.NAME</c>, and those that all kernels of the file
    /// share, <c>.nv.constant3</c>, where <c>__constant__</c> variables are.</summary>
    /// <param name="symbol">The kernel.</param>
    /// <param name="sections">The file's sections.</param>
    public static SortedDictionary<int, long> Of(string symbol, IEnumerable<ElfSection> sections)
    {
        var banks = new SortedDictionary<int, long>();
        foreach (var section in sections)
        {
            if (!section.Name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var rest = section.Name.AsSpan(Prefix.Length);
            var digits = rest.IndexOf('.') is var dot and >= 0 ? rest[..dot] : rest;
            var isReadable = digits.Length == rest.Length || rest[(digits.Length + 1)..].SequenceEqual(symbol);
            if (isReadable && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var bank))
                banks[bank] = (long)Math.Min(section.Size, long.MaxValue);
        }

        return banks;
    }
}
