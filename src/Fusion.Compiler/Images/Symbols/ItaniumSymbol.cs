namespace Fusion.Compiler.Images;

/// <summary>Reads the names of functions from symbols: those in namespaces, and instances of templates. Operators, members
/// of classes and local names are left unread.</summary>
/// <remarks>Itanium C++ ABI, 5.1, "External Names (a.k.a. Mangling)".</remarks>
internal sealed class ItaniumSymbol
{
    private const string Anonymous = "_GLOBAL__N";
    private const string OfFile = "_INTERNAL_";

    private readonly SymbolCursor _cursor;
    private readonly ItaniumTypes _types;

    private ItaniumSymbol(string symbol)
    {
        _cursor = new SymbolCursor(symbol);
        _types = new ItaniumTypes(_cursor);
    }

    /// <summary>Reads a symbol.</summary>
    /// <param name="symbol">A symbol that starts with <c>_Z</c>.</param>
    /// <returns>Null if its name cannot be read.</returns>
    public static DemangledName? TryRead(string symbol)
    {
        var reader = new ItaniumSymbol(symbol);
        DemangledName name;
        try
        {
            name = reader.ReadName();
        }
        catch (FormatException)
        {
            return null;
        }

        try
        {
            return name with { ParameterTypes = reader.ReadParameters(name.IsTemplate) };
        }
        catch (FormatException)
        {
            return name;
        }
    }

    private DemangledName ReadName()
    {
        _cursor.Expect("_Z");
        if (_cursor.Take("N")) return ReadNested();
        _cursor.Take("L");
        var name = _cursor.SourceName();
        SkipTags();
        if (_cursor.Current != 'I') return new DemangledName(name, "", null);
        _cursor.Remember(name);
        return new DemangledName(name, _types.ReadFunctionArguments(), null);
    }

    private DemangledName ReadNested()
    {
        var path = "";
        var arguments = "";
        while (!_cursor.Take("E"))
        {
            if (_cursor.Current == 'I')
            {
                arguments = _types.ReadFunctionArguments();
                if (_cursor.Current != 'E') throw _cursor.Unreadable();
                continue;
            }

            _cursor.Take("L");
            path = Append(path, _cursor.SourceName());
            SkipTags();
            // The function's own name is no prefix of anything, unless it is a template's.
            if (_cursor.Current != 'E') _cursor.Remember(path);
        }

        return path.Length == 0 ? throw _cursor.Unreadable() : new DemangledName(path, arguments, null);
    }

    /// <summary>Adds a name to a path of namespaces.</summary>
    /// <param name="path">The path; empty outside of namespaces.</param>
    /// <param name="name">The name; that of an anonymous namespace, or of the one that NVRTC puts around
    /// it, adds nothing.</param>
    public static string Append(string path, string name) =>
        name.StartsWith(Anonymous, StringComparison.Ordinal) || name.StartsWith(OfFile, StringComparison.Ordinal) ? path : path.Length == 0 ? name : $"{path}::{name}";

    private void SkipTags()
    {
        while (_cursor.Take("B")) _cursor.SourceName();
    }

    private List<string> ReadParameters(bool isTemplate)
    {
        // A template's instance names what it returns first.
        if (isTemplate) _types.Read();
        if (_cursor.Take("v")) return [];
        var types = new List<string>();
        while (_cursor.Current is not ('\0' or '.')) types.Add(_types.Read());
        return types;
    }
}
