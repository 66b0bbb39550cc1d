using System.Globalization;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Checks types and shapes of a <see cref="CollectiveOp"/>, as far as they do not depend on the number of ranks.</summary>
internal static class CollectiveRules
{
    /// <exception cref="GraphException">Types or shapes of the op do not fit.</exception>
    public static void Check(CollectiveOp op)
    {
        var input = op.Input.Type;
        if (!CallWords.IsDataType(input.Elements) || input.Layout != ScaleLayout.Linear || input.Columns % KernelLimits.RowVector != 0)
            throw GraphException.Shape(op, Roles.Input, op.Input, input.ToString(), "bf16, f16 or f32, with a multiple of 8 columns");
        if (op is AllGatherOp gather)
        {
            var output = gather.Output.Type;
            if (output != input with { Columns = output.Columns } || output.Columns % input.Columns != 0)
                throw GraphException.Shape(op, Roles.Output, gather.Output, output.ToString(), $"the rows and type of {input}, and its columns times the world size");
            return;
        }

        var (indices, values) = (((TopKOp)op).Indices, ((TopKOp)op).Values);
        var most = Math.Min(KernelLimits.MostChoices, input.Columns);
        var choices = indices.Type.Columns;
        var wanted = new TensorType(input.Rows, Math.Clamp(choices, 1, most), ElementType.Int32);
        if (indices.Type != wanted)
        {
            throw GraphException.Shape(op, Roles.Indices, indices, indices.Type.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"i32[{input.Rows}, k], where k is 1 to {most}"));
        }

        if (values is not null && values.Type != wanted with { Elements = ElementType.Float32 })
            throw GraphException.Shape(op, Roles.Values, values, values.Type.ToString(), $"{wanted with { Elements = ElementType.Float32 }}");
    }

    /// <summary>Throws if an all-gather was made for another number of ranks.</summary>
    /// <param name="op">The op.</param>
    /// <param name="ranks">Number of ranks of its group.</param>
    /// <exception cref="FusionArgumentException">The number of columns is another.</exception>
    public static void CheckRanks(AllGatherOp op, int ranks)
    {
        var made = op.Output.Type.Columns / op.Input.Type.Columns;
        if (made == ranks) return;
        throw GraphErrors.Group(string.Create(CultureInfo.InvariantCulture,
            $"Op '{op.Name}' gathers the columns of {made} {(made == 1 ? "rank" : "ranks")}, but the group '{op.Group}' has {ranks}; build the graph for {ranks}."));
    }
}
