using System.Text;

namespace Fusion.Compiler.Images;

/// <summary>Finds for each kernel of an image the signature in the source that it came from.</summary>
internal static class SignatureMatcher
{
    /// <summary>Matches kernels and signatures by name, number of parameters and, among overloads, their types.</summary>
    /// <param name="kernels">The kernels with what their symbols say.</param>
    /// <param name="signatures">The source's signatures.</param>
    /// <returns>The signatures by symbol; a kernel whose signature is missing or in doubt has none.</returns>
    public static Dictionary<string, KernelSignature> Match(
        IReadOnlyList<(ImageKernel Kernel, DemangledName Name)> kernels, IReadOnlyList<KernelSignature> signatures)
    {
        var matches = new Dictionary<string, KernelSignature>(StringComparer.Ordinal);
        // A macro may open a namespace unseen, so that only the last part of a name is known on both sides.
        var byLastPart = signatures.ToLookup(s => LastPart(s.Name), StringComparer.Ordinal);
        foreach (var group in kernels.GroupBy(k => (k.Name.Name, k.Name.IsTemplate, k.Kernel.Parameters.Count)))
        {
            var candidates = Candidates(byLastPart[LastPart(group.Key.Name)], group.Key.Name, group.Key.IsTemplate, group.Key.Count);
            MatchGroup([.. group], candidates, matches);
        }

        return matches;
    }

    private static List<KernelSignature> Candidates(
        IEnumerable<KernelSignature> signatures, string name, bool isTemplate, int count)
    {
        var fitting = signatures.Where(s => s.Parameters.Count == count && s.IsTemplate == isTemplate).ToList();
        var exact = fitting.FindAll(s => s.Name == name);
        return exact.Count > 0 ? exact : fitting;
    }

    private static void MatchGroup(
        List<(ImageKernel Kernel, DemangledName Name)> kernels,
        List<KernelSignature> candidates,
        Dictionary<string, KernelSignature> matches)
    {
        if (candidates is [var only])
        {
            foreach (var (kernel, _) in kernels) matches[kernel.Symbol] = only;
            return;
        }

        var byTypes = candidates.ToLookup(s => Types(s.Parameters.Select(p => p.Type)), StringComparer.Ordinal);
        foreach (var (kernel, name) in kernels)
        {
            if (name.ParameterTypes is { } types && byTypes[Types(types)].Take(2).ToArray() is [var match]) matches[kernel.Symbol] = match;
        }

        // A type's alias hides which overload it belongs to; if one of each is left, they belong together.
        var rest = kernels.FindAll(k => !matches.ContainsKey(k.Kernel.Symbol));
        var used = kernels.Select(k => matches.GetValueOrDefault(k.Kernel.Symbol)).ToHashSet<KernelSignature?>(ReferenceEqualityComparer.Instance);
        var unused = candidates.FindAll(s => !used.Contains(s));
        if (rest.Count == 1 && unused.Count == 1) matches[rest[0].Kernel.Symbol] = unused[0];
    }

    private static string Types(IEnumerable<string> types) => string.Join('\n', types.Select(WithoutNamespaces));

    private static string LastPart(string name) => name[(name.LastIndexOf(':') + 1)..];

    // The source may leave out a namespace that it is in.
    private static string WithoutNamespaces(string type)
    {
        var text = new StringBuilder(type.Length);
        var wordStart = 0;
        foreach (var c in type)
        {
            if (c == ':')
            {
                text.Length = wordStart;
                continue;
            }

            text.Append(c);
            if (!char.IsLetterOrDigit(c) && c != '_') wordStart = text.Length;
        }

        return text.ToString();
    }
}
