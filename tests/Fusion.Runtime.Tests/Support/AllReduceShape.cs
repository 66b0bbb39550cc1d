using AllQuantizations = Fusion.Tests.Shared.EveryQuantization;

namespace Fusion.Runtime.Tests;

/// <summary>What a call computes, without its tensors.</summary>
internal sealed record AllReduceShape(ElementType Type, int Hidden)
{
    public NormKind Norm { get; init; }

    public float Epsilon { get; init; } = 1e-5f;

    public float WeightBias { get; init; }

    public QuantizationKind Quantization { get; init; }

    public ScaleLayout Layout { get; init; }

    public int Group { get; init; }

    public ElementType GroupScale { get; init; } = ElementType.Float32;

    public float GivenScale { get; init; } = 1;

    /// <summary>Every quantization in every layout, for rows that are a multiple of 32.</summary>
    public static IEnumerable<AllReduceShape> EveryQuantization(ElementType type, int hidden)
    {
        var plain = new AllReduceShape(type, hidden);
        yield return plain;
        foreach (var quantization in AllQuantizations.Of(hidden, 8, 32, hidden))
        {
            var row = AllQuantizations.RowOf(quantization.Kind)!;
            yield return plain with
            {
                Quantization = quantization.Kind,
                Layout = quantization.Layout,
                Group = quantization.GroupSize,
                GroupScale = row.TakesGroup ? quantization.GroupScaleType : plain.GroupScale,
                GivenScale = !row.TakesScale ? 1 : row.Block > 0 ? 17.3f : 0.37f,
            };
        }
    }

    /// <summary>Every type, norm and quantization.</summary>
    public static IEnumerable<AllReduceShape> Everything(int hidden) =>
        from type in new[] { ElementType.BFloat16, ElementType.Float16, ElementType.Float32 }
        from norm in Enum.GetValues<NormKind>()
        from shape in EveryQuantization(type, hidden)
        select shape with { Norm = norm, WeightBias = norm == NormKind.Rms ? 1 : 0 };
}
