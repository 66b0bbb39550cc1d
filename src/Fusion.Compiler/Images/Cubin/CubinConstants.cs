using System.Globalization;

namespace Fusion.Compiler.Images;

/// <summary>Sizes of a cubin's banks of constants.</summary>
internal static class CubinConstants
{
    private const string Prefix = ".nv.constant";

    /// <summary>The banks by the kernel that can read them: its own, <c>.nv.constant0.NAME</c>, and under the empty name those that all
    /// kernels of the file share, <c>.nv.constant3</c>, where <c>__constant__</c> variables are.</summary>
    /// <param name="sections">The file's sections.</param>
    public static ILookup<string, (int Bank, long Bytes)> ByKernel(IEnumerable<ElfSection> sections)
    {
        var banks = new List<(string Kernel, int Bank, long Bytes)>();
        foreach (var section in sections.Where(section => section.Name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var rest = section.Name[Prefix.Length..];
            var (digits, kernel) = rest.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? (rest[..dot], rest[(dot + 1)..]) : (rest, "");
            if (int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var bank))
                banks.Add((kernel, bank, (long)Math.Min(section.Size, long.MaxValue)));
        }

        return banks.ToLookup(one => one.Kernel, one => (one.Bank, one.Bytes), StringComparer.Ordinal);
    }

    /// <summary>The banks that a kernel can read.</summary>
    /// <param name="symbol">The kernel.</param>
    /// <param name="banks">The file's banks.</param>
    public static SortedDictionary<int, long> Of(string symbol, ILookup<string, (int Bank, long Bytes)> banks)
    {
        var own = new SortedDictionary<int, long>();
        foreach (var (bank, bytes) in banks[""].Concat(banks[symbol])) own[bank] = bytes;
        return own;
    }
}
