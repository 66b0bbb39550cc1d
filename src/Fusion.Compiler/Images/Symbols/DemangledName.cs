namespace Fusion.Compiler.Images;

/// <summary>What a symbol says about the function it names.</summary>
/// <param name="Name">The name with its namespaces, without template arguments: <c>math::fill</c>; anonymous namespaces are
/// left out.</param>
/// <param name="TemplateArguments">The template arguments with their brackets, <c>&lt;float, 4&gt;</c>; empty without.</param>
/// <param name="ParameterTypes">The parameters' types, with the template's arguments put in; null if they could not be
/// read.</param>
internal sealed record DemangledName(string Name, string TemplateArguments, IReadOnlyList<string>? ParameterTypes)
{
    /// <summary>Whether the name is an instance of a template.</summary>
    public bool IsTemplate => TemplateArguments.Length > 0;

    /// <summary>Reads a symbol.</summary>
    /// <param name="symbol">A name of the Itanium C++ ABI, <c>_Z5scalePfi</c>, or a plain one of C.</param>
    /// <returns>Never null: a symbol that cannot be read names itself.</returns>
    public static DemangledName Of(string symbol) =>
        symbol.StartsWith("_Z", StringComparison.Ordinal) && ItaniumSymbol.TryRead(symbol) is { } name
            ? name
            : new DemangledName(symbol, "", null);
}
