using System.Text;
using System.Text.Json;

namespace Fusion.Compiler.Launchers;

/// <summary>Names of C++ as C# writes them.</summary>
internal static class CSharpNames
{
    // A contextual keyword (record, value) is a good name for a parameter or a class.
    private static readonly HashSet<string> Keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue",
        "decimal", "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally",
        "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock",
        "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private", "protected",
        "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string",
        "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort",
        "using", "virtual", "void", "volatile", "while",
    ];

    private static readonly HashSet<string> TypeKeywords =
    [
        "bool", "byte", "sbyte", "char", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "nint", "nuint",
    ];

    /// <summary>A name with a capital at each word: <c>rms_norm</c> gives <c>RmsNorm</c>.</summary>
    /// <param name="name">A name, or any text.</param>
    /// <returns>An identifier, or nothing if no letter or digit is in the text.</returns>
    public static string Pascal(string name)
    {
        var text = new StringBuilder(name.Length);
        var isWordStart = true;
        foreach (var c in name)
        {
            if (!char.IsLetterOrDigit(c))
            {
                isWordStart = true;
                continue;
            }

            // Digits of two words would run into one number.
            if (isWordStart && char.IsDigit(c) && text.Length > 0 && char.IsDigit(text[^1])) text.Append('_');
            text.Append(isWordStart ? char.ToUpperInvariant(c) : c);
            isWordStart = false;
        }

        if (text.Length > 0 && char.IsDigit(text[0])) text.Insert(0, '_');
        return text.ToString();
    }

    /// <summary>A parameter's name: <c>row_count</c> gives <c>rowCount</c>.</summary>
    /// <param name="name">A name.</param>
    public static string Camel(string name) =>
        Pascal(name) is { Length: > 0 } pascal ? JsonNamingPolicy.CamelCase.ConvertName(pascal) : "_";

    /// <summary>The name as an identifier, with @ if it is a keyword.</summary>
    /// <param name="name">A name.</param>
    public static string Escape(string name) => Keywords.Contains(name) ? "@" + name : name;

    /// <summary>Whether a text can be the name of a class as it stands.</summary>
    /// <param name="text">Any text.</param>
    public static bool IsIdentifier(string text) => text.Length > 0 && !Keywords.Contains(text)
        && (char.IsLetter(text[0]) || text[0] == '_') && text.All(c => char.IsLetterOrDigit(c) || c == '_');

    /// <summary>A namespace of any text: what cannot stand in an identifier becomes an underscore.</summary>
    /// <param name="text">A name with dots.</param>
    public static string Namespace(string text)
    {
        var parts = text.Split('.', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join('.', parts.Select(NamespacePart));
    }

    /// <summary>A type that means the same wherever it is written.</summary>
    /// <param name="name">The type's full name, or a keyword.</param>
    public static string GlobalType(string name) =>
        TypeKeywords.Contains(name) || name.StartsWith("global::", StringComparison.Ordinal) ? name : "global::" + name;

    private static string NamespacePart(string part)
    {
        var text = string.Concat(part.Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : '_'));
        return Escape(char.IsDigit(text[0]) ? "_" + text : text);
    }
}
