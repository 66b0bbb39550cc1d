using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Epilogue of an all-reduce: what follows the sum, as far as kernels are compiled for it. Addresses, epsilon, the
/// layout of scales and the choice of outputs are no part of it.</summary>
public readonly record struct AllReduceEpilogue
{
    /// <summary>Whether a residual is added.</summary>
    public bool HasResidual { get; init; }

    /// <summary>Kind of the norm.</summary>
    public NormKind Norm { get; init; }

    /// <summary>Number that is added to each weight of the norm; 0 without a norm.</summary>
    public float WeightBias { get; init; }

    /// <summary>Kind of the quantization.</summary>
    public QuantizationKind Quantization { get; init; }

    /// <summary>Number of elements that share a scale in per-group FP8; else 0.</summary>
    public int GroupSize { get; init; }

    /// <summary>Whether per-group FP8 has UE8M0 scales.</summary>
    public bool GroupScaleIsUe8m0 { get; init; }

    /// <summary>Gets the epilogue of a call.</summary>
    /// <param name="call">The call.</param>
    public static AllReduceEpilogue Of(in AllReduceCall call)
    {
        var isGrouped = CallWords.Of(call.Quantization.Kind) is { TakesGroup: true };
        return new()
        {
            HasResidual = call.Residual is not null,
            Norm = call.Norm.Kind,
            WeightBias = call.Norm.Kind == NormKind.None ? 0 : call.Norm.WeightBias,
            Quantization = call.Quantization.Kind,
            GroupSize = isGrouped ? call.Quantization.GroupSize : 0,
            GroupScaleIsUe8m0 = isGrouped && call.Quantization.GroupScaleType == ElementType.Float8UE8M0,
        };
    }

    /// <summary>Reads an epilogue as projects and the command line write it: words joined by <c>+</c>, for a residual, a norm and a
    /// quantization in this order, as in <c>residual+rmsnorm+fp8</c>; <c>none</c> for the sum alone. The words are in
    /// docs/numbers.md, "Words".</summary>
    /// <param name="words">The words.</param>
    /// <exception cref="FormatException">A word is none, or not in its place.</exception>
    public static AllReduceEpilogue Parse(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return EpilogueWords.TryParse(words, out var read, out var problem)
            ? FromWords(read)
            : throw new FormatException($"'{words}' is no epilogue: {problem}");
    }

    /// <summary>Writes the epilogue in the words that <see cref="Parse"/> reads; a weight bias that has no word is written
    /// out.</summary>
    public override string ToString()
    {
        var norm = CallWords.WordOf(Norm, WeightBias);
        var row = AllReduceVocabulary.Norms.FirstOrDefault(row => row.Word == norm);
        // No word stands for this bias.
        if (WeightBias != (row?.WeightBias ?? 0)) norm += string.Create(CultureInfo.InvariantCulture, $"(weights + {WeightBias})");
        var quantization = CallWords.Of(Quantization)?.Word ?? "";
        return new EpilogueWords(HasResidual, norm, quantization, GroupSize, GroupScaleIsUe8m0).ToString();
    }

    internal static AllReduceEpilogue FromWords(in EpilogueWords words) => new()
    {
        HasResidual = words.Residual,
        Norm = words.NormRow is { } norm ? CallWords.KindOf(norm) : NormKind.None,
        WeightBias = words.NormRow?.WeightBias ?? 0,
        Quantization = CallWords.KindOf(words.QuantizationRow),
        GroupSize = words.Group,
        GroupScaleIsUe8m0 = words.GroupScaleIsUe8m0,
    };
}
