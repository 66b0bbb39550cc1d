namespace Fusion.Compiler.Images;

/// <summary>The functions and variables that a PTX text expects from elsewhere, and the functions that it has itself.</summary>
/// <remarks>PTX ISA, "Linking Directives". Dynamic shared memory is declared <c>.extern</c> too, and is nobody's definition.
/// </remarks>
internal static class PtxSymbols
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">All of it.</param>
    /// <returns>Names behind <c>.extern</c>, and names of functions with a body.</returns>
    public static (IReadOnlySet<string> Declared, IReadOnlySet<string> Defined) Read(string text)
    {
        var declared = new HashSet<string>(StringComparer.Ordinal);
        var defined = new HashSet<string>(StringComparer.Ordinal);
        var scanner = new PtxScanner(text);
        while (scanner.Next())
        {
            if (scanner.Current == "{") SkipBody(scanner);
            else if (scanner.Current == ".func" && ReadFunction(scanner) is var (function, hasBody) && hasBody) defined.Add(function);
            else if (scanner.Current == ".extern" && ReadExternal(scanner) is { } name) declared.Add(name);
        }

        return (declared, defined);
    }

    // .extern .func (result) name (parameters); .extern .global .align 4 .f32 name[4];
    private static string? ReadExternal(PtxScanner scanner)
    {
        var isShared = false;
        while (scanner.Next() && scanner.Current != ";")
        {
            if (scanner.Current == ".func") return ReadFunction(scanner).Name;
            isShared |= scanner.Current == ".shared";
            if (IsName(scanner.Current)) return isShared ? null : scanner.Current;
        }

        return null;
    }

    // Ends on the semicolon of a declaration, or on the brace that closes a body.
    private static (string Name, bool HasBody) ReadFunction(PtxScanner scanner)
    {
        var name = "";
        var depth = 0;
        while (scanner.Next())
        {
            var token = scanner.Current;
            depth += token switch { "(" => 1, ")" => -1, _ => 0 };
            if (token == ";") return (name, false);
            if (token == "{")
            {
                SkipBody(scanner);
                return (name, true);
            }

            if (depth == 0 && name.Length == 0 && IsName(token)) name = token;
        }

        return (name, false);
    }

    private static void SkipBody(PtxScanner scanner)
    {
        for (var depth = 1; depth > 0 && scanner.Next();) depth += scanner.Current switch { "{" => 1, "}" => -1, _ => 0 };
    }

    private static bool IsName(string token) => token.Length > 0 && (char.IsAsciiLetter(token[0]) || token[0] is '_' or '$' or '%');
}
