using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Finds the rows of <see cref="AllReduceVocabulary"/> for the enumerations of calls. Allocates nothing.</summary>
internal static class CallWords
{
    private static readonly int Quantizations = AllReduceVocabulary.Quantizations.Count;

    // Each launch asks for them: by the quantization, without comparing words.
    private static readonly ElementType[] CodeTypes = [.. AllReduceVocabulary.Quantizations.Select(row => TypeOf(row.Codes))];
    private static readonly ElementType?[] ScaleTypes =
        [.. AllReduceVocabulary.Quantizations.Select(row => row.Scales.Count == 0 ? null : (ElementType?)TypeOf(row.Scales[0]))];

    /// <summary>Gets the row of a quantization; null for none and for an undefined value.</summary>
    /// <param name="kind">The quantization.</param>
    public static QuantizationWord? Of(QuantizationKind kind) =>
        kind > QuantizationKind.None && (int)kind <= Quantizations ? AllReduceVocabulary.Quantizations[(int)kind - 1] : null;

    /// <summary>Gets the word of a quantization, such as <c>fp8-token</c>; <c>none</c> for none.</summary>
    /// <param name="kind">The quantization.</param>
    public static string WordOf(QuantizationKind kind) => Of(kind)?.Word ?? EpilogueWords.None;

    /// <summary>Gets the word of a norm: <c>rmsnorm</c>, or <c>rmsnorm1</c> with a bias of 1; empty for no norm. A bias that
    /// has no word is left out.</summary>
    /// <param name="kind">The norm.</param>
    /// <param name="weightBias">Number that is added to each weight.</param>
    public static string WordOf(NormKind kind, float weightBias = 0)
    {
        NormWord? found = null;
        foreach (var norm in AllReduceVocabulary.Norms)
        {
            if (KindOf(norm) == kind && (found is null || norm.WeightBias == weightBias)) found = norm;
        }

        return found?.Word ?? "";
    }

    /// <summary>Gets the word of a layout, such as <c>128x4</c>.</summary>
    /// <param name="layout">The layout.</param>
    public static string WordOf(ScaleLayout layout) =>
        IsLayout(layout) ? AllReduceVocabulary.Layouts[(int)layout].Word : layout.ToString();

    /// <summary>Gets the word of a type, such as <c>bf16</c>.</summary>
    /// <param name="type">The type.</param>
    public static string WordOf(ElementType type) => Of(type)?.Word ?? type.ToString();

    /// <summary>Gets the size of an element in bits.</summary>
    /// <param name="type">Type of the element.</param>
    public static int BitsOf(ElementType type) => Of(type)?.Bits ?? 8;

    /// <summary>Tells whether the inputs of an operation may have a type.</summary>
    /// <param name="type">The type.</param>
    public static bool IsDataType(ElementType type) => Of(type) is { IsDataType: true };

    /// <summary>Tells whether a value is a defined layout.</summary>
    /// <param name="layout">The value.</param>
    public static bool IsLayout(ScaleLayout layout) => layout >= 0 && (int)layout < AllReduceVocabulary.Layouts.Count;

    /// <summary>Gets the norm of a row.</summary>
    /// <param name="norm">The row.</param>
    public static NormKind KindOf(NormWord norm) => Enum.Parse<NormKind>(norm.Name);

    /// <summary>Gets the quantization of a row; none for no row.</summary>
    /// <param name="quantization">The row.</param>
    public static QuantizationKind KindOf(QuantizationWord? quantization) =>
        quantization is null ? QuantizationKind.None : Enum.Parse<QuantizationKind>(quantization.Name);

    /// <summary>Gets the type of the codes of a quantization; null for none.</summary>
    /// <param name="kind">The quantization.</param>
    public static ElementType? CodeTypeOf(QuantizationKind kind) => Of(kind) is null ? null : CodeTypes[(int)kind - 1];

    /// <summary>Gets the usual type of the scales that a quantization writes; null if it writes none.</summary>
    /// <param name="kind">The quantization.</param>
    public static ElementType? ScaleTypeOf(QuantizationKind kind) => Of(kind) is null ? null : ScaleTypes[(int)kind - 1];

    /// <summary>Gets the type that a word names.</summary>
    /// <param name="word">Word of one of <see cref="AllReduceVocabulary.Elements"/>.</param>
    public static ElementType TypeOf(string word)
    {
        var elements = AllReduceVocabulary.Elements;
        for (var i = 0; i < elements.Count; i++)
        {
            if (elements[i].Word == word) return (ElementType)i;
        }

        throw new ArgumentException($"'{word}' is no type of elements.");
    }

    private static ElementWord? Of(ElementType type) =>
        type >= 0 && (int)type < AllReduceVocabulary.Elements.Count ? AllReduceVocabulary.Elements[(int)type] : null;
}
