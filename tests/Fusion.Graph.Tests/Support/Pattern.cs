using Fusion.Runtime;

namespace Fusion.Graph.Tests.Support;

/// <summary>All-reduce and what follows it.</summary>
public sealed record Pattern(
    ElementType Type, bool HasResidual, NormKind Norm, QuantizationKind Quant, ScaleLayout Layout, bool KeepsSums, bool KeepsNorm)
{
    private const int Hidden = 64;

    public TensorGraph Build()
    {
        var builder = new GraphBuilder("pattern");
        var value = builder.Input("x", Hidden, Type).AllReduce("sum");
        if (KeepsSums) builder.Output("sum", value);
        if (HasResidual)
        {
            value = value.Add(builder.Input("residual", Hidden, Type), name: "residual_add");
            if (KeepsSums) builder.Output("added", value);
        }

        if (Norm != NormKind.None)
        {
            var gamma = builder.Weight("gamma", Hidden, Type);
            value = Norm == NormKind.Layer
                ? value.LayerNorm(gamma, builder.Weight("beta", Hidden, Type), 1e-5f, "norm")
                : value.RmsNorm(gamma, 1e-6f, HasResidual ? 1 : 0, Norm == NormKind.RmsRoundedTwice, "norm");
            if (KeepsNorm || Quant == QuantizationKind.None) builder.Output("norm", value);
        }

        var (codes, scales) = Quantize(builder, value);
        if (codes is { } q) builder.Output("codes", q);
        if (scales is { } s) builder.Output("scales", s);
        if (Quant == QuantizationKind.None && Norm == NormKind.None) builder.Output("result", value);
        return builder.Build();
    }

    /// <summary>Whether there is anything to fuse.</summary>
    public bool IsFusable => HasResidual || Norm != NormKind.None || Quant != QuantizationKind.None;

    public override string ToString() => $"{Type} {(HasResidual ? "residual " : "")}{Norm} {Quant} {Layout}" +
        $"{(KeepsSums ? " sums" : "")}{(KeepsNorm ? " norm" : "")}";

    public static IEnumerable<Pattern> All =>
        from type in new[] { ElementType.BFloat16, ElementType.Float16, ElementType.Float32 }
        from residual in new[] { false, true }
        from norm in Enum.GetValues<NormKind>()
        from quant in Enum.GetValues<QuantizationKind>()
        from layout in EveryQuantization.RowOf(quant) is { TakesLayout: true }
            ? Enum.GetValues<ScaleLayout>() : [ScaleLayout.Linear]
        from keeps in new[] { false, true }
        select new Pattern(type, residual, norm, quant, layout, keeps, keeps);

    private (GraphValue? Codes, GraphValue? Scales) Quantize(GraphBuilder builder, GraphValue value)
    {
        if (EveryQuantization.RowOf(Quant) is not { } row) return (null, null);
        var scales = row.TakesGroup && !HasResidual ? ElementType.Float8UE8M0 : ElementType.Float32;
        return value.Quantize(
            new(Quant, row.TakesGroup ? 32 : 0, scales, row.TakesLayout ? Layout : ScaleLayout.Linear),
            row.TakesScale ? builder.Scalar("scale") : null, "quant");
    }
}
