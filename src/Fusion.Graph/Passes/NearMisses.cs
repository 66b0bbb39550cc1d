using System.Collections.Immutable;

namespace Fusion.Graph;

/// <summary>Finds pairs of ops that nearly matched in a graph after the passes.</summary>
internal static class NearMisses
{
    public static ImmutableArray<NearMiss> Find(TensorGraph graph, FusionPassConfig config)
    {
        var editor = new GraphEditor(graph);
        var found = ImmutableArray.CreateBuilder<NearMiss>();
        foreach (var node in editor.Nodes)
        {
            if (node.Op is not RowOp first) continue;
            var last = StepMerge.Last(first);
            if (first.ResultOf(last) is { } result) Follow(result, []);
            foreach (var earlier in new[] { RowSteps.AllReduce, RowSteps.Add, RowSteps.Norm })
            {
                if (earlier < last && first.ResultOf(earlier) is { } shared) SecondUses(first, shared);
            }

            void Follow(GraphTensor value, ImmutableArray<GraphOp> between)
            {
                foreach (var reader in editor.ReadersOf(value))
                {
                    if (reader.Op is ViewOp or SliceOp or CastOp)
                        Follow(reader.Op.Outputs.First().Tensor, between.Add(reader.Op));
                    else if (reader.Op is RowOp then && StepMerge.IsLater(first, then) && IsWanted(first, then, config))
                        Add(then, value, between);
                }
            }

            void Add(RowOp then, GraphTensor value, ImmutableArray<GraphOp> between)
            {
                if (!ReferenceEquals(then.Input, value) && !ReferenceEquals(then.Residual, value)) return;
                if (!between.IsEmpty) found.Add(Between(first, then, between, config));
                else if (StepMerge.Obstacle(editor, node, editor.MakerOf(then.Outputs.First().Tensor)!, value) is { } why)
                    found.Add(new(NearMissKind.Order, first.Name, then.Name, [], $"{Pair(first, then)}: {why}.", false));
            }
        }

        return found.ToImmutable();

        void SecondUses(RowOp first, GraphTensor shared)
        {
            if (first.Group is null || !config.AllReduceFusion) return;
            foreach (var then in editor.ReadersOf(shared).Select(reader => reader.Op).OfType<RowOp>())
            {
                var step = StepMerge.First(then);
                var isTaken = then.Group is null && step >= RowSteps.Norm && first.Steps.HasFlag(step)
                    && ReferenceEquals(then.Input, shared);
                if (!isTaken) continue;
                found.Add(new(NearMissKind.SecondUse, first.Name, then.Name, [],
                    $"{Pair(first, then)}: %{shared.Name} is used twice, and a fused all-reduce has one " +
                    $"{(step == RowSteps.Norm ? "norm" : "quantization")}, which another op took; it matches if " +
                    "that op does not follow the all-reduce.", false));
            }
        }
    }

    private static bool IsWanted(RowOp first, RowOp then, FusionPassConfig config) => first.Group is not null
        ? config.AllReduceFusion
        : (config.AddNormFusion && AddNormFusion.IsPair(first, then))
            || (config.NormQuantFusion && NormQuantFusion.IsPair(first, then));

    private static NearMiss Between(RowOp first, RowOp then, ImmutableArray<GraphOp> between, FusionPassConfig config)
    {
        var names = string.Join(", ", between.Select(op => $"{op.Mnemonic} '{op.Name}'"));
        var (from, to) = (between[0].Inputs.First().Tensor.Type, between[^1].Outputs.First().Tensor.Type);
        var changesNothing = between.All(op => op.Inputs.First().Tensor.Type == op.Outputs.First().Tensor.Type) ||
            (from == to && between.All(op => op is ViewOp));
        if (changesNothing)
        {
            var remedy = config.NoOpElimination
                ? "it matches in another run of the passes"
                : "switch no-op elimination on (noOpElimination, enable_noop) and it matches";
            return Make(NearMissKind.NoOp, $"{names} between them changes nothing, but stands in the way; {remedy}",
                !config.NoOpElimination);
        }

        return between.OfType<CastOp>().FirstOrDefault(cast => cast.Input.Type != cast.Output.Type) is { } converts
            ? Make(NearMissKind.Cast,
                $"cast '{converts.Name}' between them makes {converts.Output.Type} of {converts.Input.Type}; " +
                "an op has one type: it matches if both work in the same and the cast is gone", false)
            : Make(NearMissKind.Shape,
                $"{names} between them makes {to} of {from}; it matches if '{then.Name}' reads the whole " +
                "in its own shape", false);

        NearMiss Make(NearMissKind kind, string why, bool isWarning) => new(
            kind, first.Name, then.Name, [.. between.Select(op => op.Name)],
            $"{(isWarning ? $"{GraphErrorCodes.LostToNoOp}: " : "")}{Pair(first, then)}: {why}.", isWarning);
    }

    private static string Pair(RowOp first, RowOp then) =>
        $"{first.Mnemonic} '{first.Name}' is not fused with {then.Mnemonic} '{then.Name}'";
}
