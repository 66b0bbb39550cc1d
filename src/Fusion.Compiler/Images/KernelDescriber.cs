using Fusion.Manifest;

namespace Fusion.Compiler.Images;

/// <summary>Describes kernels in the source's words: name, parameters' names and types.</summary>
internal static class KernelDescriber
{
    /// <summary>Describes the kernels of an image.</summary>
    /// <param name="kernels">The kernels, with the PTX types of their parameters.</param>
    /// <param name="signatures">The source's signatures.</param>
    /// <param name="expressionsBySymbol">Name expressions by the symbols they became.</param>
    /// <returns>An entry a kernel, in the same order, each with a name of its own.</returns>
    public static IReadOnlyList<KernelEntry> Describe(
        IReadOnlyList<ImageKernel> kernels,
        IReadOnlyList<KernelSignature> signatures,
        IReadOnlyDictionary<string, string> expressionsBySymbol)
    {
        var named = kernels.Select(kernel => (Kernel: kernel, Name: DemangledName.Of(kernel.Symbol))).ToArray();
        var matches = SignatureMatcher.Match(named, signatures);
        var entries = named.Select(k => new KernelEntry
        {
            Name = NameOf(k.Kernel.Symbol, k.Name, expressionsBySymbol),
            Symbol = k.Kernel.Symbol,
            MaxThreads = k.Kernel.MaxThreads,
            Parameters = Parameters(k.Kernel, matches.GetValueOrDefault(k.Kernel.Symbol)),
        }).ToArray();

        // Overloads share a name, and so may kernels of several anonymous namespaces.
        entries = Rename(entries, entry => $"{entry.Name}({Types(entry, matches)})");
        return Rename(entries, entry => entry.Symbol);
    }

    // A kernel that is no template has its own name, whichever expression leads to it: its launcher knows no other. A symbol that
    // cannot be read names itself.
    private static string NameOf(string symbol, DemangledName name, IReadOnlyDictionary<string, string> expressionsBySymbol) =>
        (name.IsTemplate || name.Name.StartsWith("_Z", StringComparison.Ordinal))
        && expressionsBySymbol.TryGetValue(symbol, out var expression)
            ? NameExpression.Plain(expression)
            : name.Name + name.TemplateArguments;

    private static KernelParameter[] Parameters(ImageKernel kernel, KernelSignature? signature) =>
        [.. kernel.Parameters.Select((parameter, i) => new KernelParameter
        {
            Name = signature?.Parameters[i].Name ?? $"arg{i}",
            Type = signature?.Parameters[i].Type ?? parameter.Type,
            Offset = parameter.Offset,
            Size = parameter.Size,
        })];

    private static string Types(KernelEntry entry, Dictionary<string, KernelSignature> matches)
    {
        var types = matches.ContainsKey(entry.Symbol) ? null : DemangledName.Of(entry.Symbol).ParameterTypes;
        return string.Join(", ", types ?? entry.Parameters.Select(parameter => parameter.Type));
    }

    private static KernelEntry[] Rename(KernelEntry[] entries, Func<KernelEntry, string> name)
    {
        var shared = entries.CountBy(entry => entry.Name).Where(pair => pair.Value > 1).Select(pair => pair.Key).ToHashSet();
        return [.. entries.Select(entry => shared.Contains(entry.Name) ? entry with { Name = name(entry) } : entry)];
    }
}
