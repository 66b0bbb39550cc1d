using System.Globalization;

namespace Fusion.Compiler.Launchers;

/// <summary>Versions of C#, by the number before the point.</summary>
internal static class LanguageVersion
{
    /// <summary>The oldest that understands launchers.</summary>
    public const int Oldest = 8;

    /// <summary>The first that has arrays in structs.</summary>
    public const int WithInlineArrays = 12;

    /// <summary>The first that has <c>params</c> of a span.</summary>
    public const int WithParamsOfSpans = 13;

    private const string Iso = "ISO-";

    /// <summary>The version that a project asks for.</summary>
    /// <param name="property">The property <c>LangVersion</c>: <c>12.0</c>, <c>ISO-2</c>, a word or nothing. The SDK is for .NET 10, so
    /// what names no number is newer than all that launchers need.</param>
    public static int Of(string property)
    {
        var text = property.Trim();
        var number = text.StartsWith(Iso, StringComparison.OrdinalIgnoreCase) ? text[Iso.Length..] : text.Split('.')[0];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : int.MaxValue;
    }
}
