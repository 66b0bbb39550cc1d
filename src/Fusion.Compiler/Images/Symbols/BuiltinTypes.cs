namespace Fusion.Compiler.Images;

/// <summary>The codes of built-in types in symbols.</summary>
/// <remarks>Itanium C++ ABI, 5.1.5.2, "Builtin types".</remarks>
internal static class BuiltinTypes
{
    private static readonly (string Code, string Name)[] Types =
    [
        ("v", "void"), ("w", "wchar_t"), ("b", "bool"), ("c", "char"), ("a", "signed char"), ("h", "unsigned char"),
        ("s", "short"), ("t", "unsigned short"), ("i", "int"), ("j", "unsigned int"), ("l", "long"), ("m", "unsigned long"),
        ("x", "long long"), ("y", "unsigned long long"), ("n", "__int128"), ("o", "unsigned __int128"),
        ("f", "float"), ("d", "double"), ("e", "long double"), ("g", "__float128"),
        ("Dh", "__fp16"), ("DF16_", "_Float16"), ("DF16b", "__bf16"),
        ("Du", "char8_t"), ("Ds", "char16_t"), ("Di", "char32_t"), ("Dn", "std::nullptr_t"),
    ];

    /// <summary>Reads a built-in type if one is here.</summary>
    /// <param name="cursor">The place.</param>
    /// <returns>Its spelling, or null.</returns>
    public static string? Take(SymbolCursor cursor)
    {
        foreach (var (code, name) in Types)
        {
            if (cursor.Take(code)) return name;
        }

        return null;
    }

    /// <summary>Whether a type's values are written as plain numbers.</summary>
    /// <param name="type">Spelling.</param>
    public static bool IsInteger(string type) =>
        type is "short" or "int" or "long" or "long long" || type.EndsWith("char", StringComparison.Ordinal)
        || type.StartsWith("unsigned", StringComparison.Ordinal);
}
