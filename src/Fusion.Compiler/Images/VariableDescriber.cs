using Fusion.Manifest;

namespace Fusion.Compiler.Images;

/// <summary>Describes the variables of an image in the source's words.</summary>
internal static class VariableDescriber
{
    /// <summary>Describes those variables of an image that the sources declare: not strings, tables and objects that the compiler and
    /// library headers add.</summary>
    /// <param name="variables">Variables of the image.</param>
    /// <param name="sources">Text of the source and of the headers it includes.</param>
    /// <returns>The variables, ordered by name.</returns>
    public static IReadOnlyList<KernelVariable> Describe(IReadOnlyList<ImageVariable> variables, IReadOnlyList<string> sources)
    {
        // Headers are read only where there is something to find in them.
        if (variables.Count == 0) return [];
        var declared = SignatureReader.ReadVariables(sources);
        var described = new List<KernelVariable>();
        foreach (var variable in variables)
        {
            var name = DemangledName.Of(variable.Symbol);
            if (!name.IsTemplate && Find(name.Name, declared) is { } source) described.Add(Describe(variable, name.Name, source));
        }

        var shared = described.CountBy(variable => variable.Name).Where(pair => pair.Value > 1).Select(pair => pair.Key).ToHashSet();
        return [.. described
            .Select(variable => shared.Contains(variable.Name) ? variable with { Name = variable.Symbol } : variable)
            .OrderBy(variable => variable.Name, StringComparer.Ordinal)];
    }

    private static KernelVariable Describe(ImageVariable variable, string name, SourceVariable source) => new()
    {
        Name = name,
        Symbol = variable.Symbol,
        Kind = variable.Kind,
        Type = source.Type,
        Size = variable.Size,
    };

    // A macro may open a namespace unseen: then the last part of the name decides.
    private static SourceVariable? Find(string name, IReadOnlyList<SourceVariable> declared) =>
        declared.FirstOrDefault(variable => variable.Name == name)
        ?? (declared.Where(variable => name.EndsWith("::" + variable.Name, StringComparison.Ordinal)).Take(2).ToArray() is [var only]
            ? only : null);
}
