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
        yield return plain with { Quantization = QuantizationKind.StaticFp8, GivenScale = 0.37f };
        yield return plain with { Quantization = QuantizationKind.PerTokenFp8 };
        foreach (var group in new[] { 8, 32, hidden })
        {
            var perGroup = plain with { Quantization = QuantizationKind.PerGroupFp8, Group = group };
            yield return perGroup;
            yield return perGroup with { GroupScale = ElementType.Float8UE8M0 };
        }

        foreach (var layout in Enum.GetValues<ScaleLayout>())
        {
            yield return plain with { Quantization = QuantizationKind.NvFp4, GivenScale = 17.3f, Layout = layout };
            yield return plain with { Quantization = QuantizationKind.MxFp8, Layout = layout };
        }
    }

    /// <summary>Every type, norm and quantization.</summary>
    public static IEnumerable<AllReduceShape> Everything(int hidden) =>
        from type in new[] { ElementType.BFloat16, ElementType.Float16, ElementType.Float32 }
        from norm in Enum.GetValues<NormKind>()
        from shape in EveryQuantization(type, hidden)
        select shape with { Norm = norm, WeightBias = norm == NormKind.Rms ? 1 : 0 };
}
