using System.Globalization;

namespace Fusion.Cli.Inspection;

/// <summary>Figures of a kernel as text, for the columns of the table and the comparison of two builds.</summary>
internal static class KernelFigures
{
    private static readonly Figure[] All =
    [
        new("registers", "regs ", kernel => Number(kernel.Registers)),
        new("shared bytes", "shared ", kernel => Number(kernel.SharedBytes)),
        new("local bytes", "local ", kernel => Number(kernel.LocalBytes)),
        new("local stores", "stores ", kernel => Number(kernel.LocalStoreBytes)),
        new("local loads", "loads ", kernel => Number(kernel.LocalLoadBytes)),
        new("constant bytes", "constants", kernel => Banks(kernel.ConstantBytes)),
        new("code bytes", "code ", kernel => Number(kernel.CodeBytes)),
        new("barriers", "bars ", kernel => Number(kernel.Barriers)),
        new("max threads", "threads ", kernel => Number(kernel.MaxThreads)),
        new("cluster", "cluster", kernel => kernel.Cluster is null ? "-" : string.Join('x', kernel.Cluster)),
    ];

    /// <summary>Titles of the columns; a title that ends in a blank is of a column of numbers.</summary>
    public static IEnumerable<string> Titles => All.Select(figure => figure.Title);

    /// <summary>Gets the cells of a kernel.</summary>
    public static IEnumerable<string> Of(KernelReport kernel) => All.Select(figure => figure.Text(kernel));

    /// <summary>Finds the figures that differ between two builds of a kernel. If all figures are equal, the hashes of the
    /// code are compared.</summary>
    public static IReadOnlyList<FigureChange> Compare(KernelReport before, KernelReport after)
    {
        var changes = All.Select(figure => new FigureChange(figure.Name, figure.Text(before), figure.Text(after)))
            .Append(new("parameters", before.Signature, after.Signature))
            .Where(change => !string.Equals(change.Before, change.After, StringComparison.Ordinal)).ToList();
        if (changes.Count == 0 && before.CodeSha256 != after.CodeSha256)
            changes.Add(new("code", Short(before.CodeSha256), Short(after.CodeSha256)));
        return changes;
    }

    private static string Banks(IReadOnlyDictionary<int, long>? banks) => banks is null or { Count: 0 } ? "-"
        : string.Join(' ', banks.Select(bank => string.Create(CultureInfo.InvariantCulture, $"[{bank.Key}]={bank.Value}")));

    private static string Number(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? "-";

    private static string Short(string? hash) => hash is null ? "-" : $"SHA-256 {hash[..12]}";

    private sealed record Figure(string Name, string Title, Func<KernelReport, string> Text);
}

/// <summary>A figure of a kernel that differs between two builds.</summary>
/// <param name="Figure">Name of the figure.</param>
/// <param name="Before">Value in the first build.</param>
/// <param name="After">Value in the second build.</param>
internal sealed record FigureChange(string Figure, string Before, string After);
