using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Words for steps, types and layouts in text and JSON: those of <see cref="AllReduceVocabulary"/>, and
/// <c>all_reduce</c>.</summary>
internal static class Words
{
    public const string AllReduce = "all_reduce";
    public const string Matmul = "matmul";
    public const string AllGather = "all_gather";
    public const string TopK = "top_k";
    public const string Residual = EpilogueWords.ResidualWord;

    // The bias of a norm is a field of its own.
    public static readonly IReadOnlyDictionary<string, NormKind> Norms = AllReduceVocabulary.Norms
        .Where(norm => norm.WeightBias == 0).ToDictionary(norm => norm.Word, CallWords.KindOf);

    public static readonly IReadOnlyDictionary<string, QuantizationKind> Quantizations =
        AllReduceVocabulary.Quantizations.ToDictionary(row => row.Word, CallWords.KindOf);

    public static readonly IReadOnlyDictionary<string, ElementType> Types =
        Enum.GetValues<ElementType>().ToDictionary(CallWords.WordOf);

    public static readonly IReadOnlyDictionary<string, ScaleLayout> Layouts =
        Enum.GetValues<ScaleLayout>().ToDictionary(CallWords.WordOf);

    /// <summary>Gets the words of an op's steps, in their order.</summary>
    public static List<string> StepsOf(RowOp op)
    {
        var steps = new List<string>(4);
        if (op.Group is not null) steps.Add(AllReduce);
        if (op.Residual is not null) steps.Add(Residual);
        if (op.Norm is { } norm) steps.Add(CallWords.WordOf(norm.Kind));
        if (op.Quant is { } quant) steps.Add(CallWords.WordOf(quant.Kind));
        return steps;
    }
}
