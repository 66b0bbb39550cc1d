using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Tests.Shared;

/// <summary>The quantizations of <see cref="AllReduceVocabulary"/> with all that a call can say of them, so that a new one is tested
/// wherever all of them are.</summary>
internal static class EveryQuantization
{
    /// <summary>Each quantization that rows of so many elements allow, in each layout, with each group and type of scales; without
    /// a scale that a call gives.</summary>
    /// <param name="hidden">Number of elements of a row.</param>
    /// <param name="groups">Numbers of elements of a group, where a call says it.</param>
    public static IEnumerable<Quantization> Of(int hidden, params IReadOnlyList<int> groups)
    {
        foreach (var row in AllReduceVocabulary.Quantizations)
        {
            var plain = new Quantization { Kind = Enum.Parse<QuantizationKind>(row.Name) };
            if (row.Block > 0 && hidden % row.Block != 0) continue;
            if (row.TakesGroup)
            {
                foreach (var group in groups.Where(group => hidden % group == 0).Distinct())
                {
                    foreach (var scales in row.Scales) yield return plain with { GroupSize = group, GroupScaleType = TypeOf(scales) };
                }
            }
            else if (row.TakesLayout)
            {
                foreach (var layout in Enum.GetValues<ScaleLayout>()) yield return plain with { Layout = layout };
            }
            else
            {
                yield return plain;
            }
        }
    }

    /// <summary>The row of the vocabulary; null for no quantization.</summary>
    /// <param name="kind">The quantization.</param>
    public static QuantizationWord? RowOf(QuantizationKind kind) =>
        AllReduceVocabulary.Quantizations.FirstOrDefault(row => row.Name == kind.ToString());

    private static ElementType TypeOf(string word) =>
        Enum.Parse<ElementType>(AllReduceVocabulary.Elements.Single(element => element.Word == word).Name);
}
