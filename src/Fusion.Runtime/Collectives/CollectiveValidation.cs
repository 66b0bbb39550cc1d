using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Validates a call of a collective before anything is launched. Allocates only to throw.</summary>
internal static class CollectiveValidation
{
    /// <summary>Throws if a call cannot be launched.</summary>
    /// <param name="call">The call.</param>
    /// <param name="ranks">World size.</param>
    /// <param name="memory">Source of what addresses are; null for ranks on the CPU.</param>
    /// <param name="gpu">Ordinal of the rank's GPU.</param>
    /// <exception cref="FusionArgumentException">A value is wrong.</exception>
    public static void Check(in CollectiveCall call, int ranks, IMemoryInspector? memory, int gpu)
    {
        var tensors = new TensorCheck(memory, gpu, call.Name);
        CheckInput(call, tensors);
        var input = call.Input;
        switch (call.Kind)
        {
            case CollectiveKind.AllGatherColumns:
                tensors.Matrix("Output", call.Output!.Value, input.Type, input.Rows, ranks * input.Columns, "the input's rows, the columns of all ranks");
                break;
            case CollectiveKind.AllGatherRows:
                tensors.Matrix("Output", call.Output!.Value, input.Type, ranks * input.Rows, input.Columns, "the rows of all ranks, the input's columns");
                break;
            case CollectiveKind.ReduceScatterRows:
                if (input.Rows % ranks != 0)
                    throw Wrong(call, "Input", Text($"{input.Rows} rows"), Text($"a multiple of {ranks} rows, as each rank gets as many: add rows that are ignored"));
                tensors.Matrix("Output", call.Output!.Value, input.Type, input.Rows / ranks, input.Columns, "a rank's part of the input's rows, its columns");
                break;
            default:
                CheckChoice(call, ranks, tensors);
                break;
        }

        if (call.Output is { } output) CheckOverlap(call, "Output", output, "Input", input);
        if (call.Indices is not { } indices) return;
        CheckOverlap(call, "Indices", indices, "Input", input);
        if (call.Output is { } values) CheckOverlap(call, "Indices", indices, "Values", values);
    }

    private static void CheckInput(in CollectiveCall call, in TensorCheck tensors)
    {
        var input = call.Input;
        if (!CallWords.IsDataType(input.Type))
        {
            throw Wrong(call, "Input", $"of type {CallWords.WordOf(input.Type)}",
                $"one of the types {string.Join(", ", AllReduceVocabulary.DataTypes)}: others may hold the words that mark what has not arrived");
        }

        if (input.Rows is < 1 or > int.MaxValue) throw Wrong(call, "Input", Text($"a tensor of {input.Rows} rows"), Text($"1 to {int.MaxValue} rows"));
        if (input.Columns < KernelLimits.RowVector || input.Columns > int.MaxValue || input.Columns % KernelLimits.RowVector != 0)
            throw Wrong(call, "Input", Text($"a tensor of {input.Columns} columns"), Text($"a multiple of {KernelLimits.RowVector} columns"));
        tensors.Matrix("Input", input, input.Type, input.Rows, input.Columns, "");
    }

    private static void CheckChoice(in CollectiveCall call, int ranks, in TensorCheck tensors)
    {
        var (input, indices) = (call.Input, call.Indices!.Value);
        if (ranks * input.Columns > int.MaxValue)
            throw Wrong(call, "Input", Text($"a tensor of {input.Columns} columns"), Text($"{int.MaxValue / ranks} columns or fewer, for indices of 32 bits"));
        var most = Math.Min(KernelLimits.MostChoices, input.Columns);
        if (indices.Columns < 1 || indices.Columns > most)
            throw Wrong(call, "Indices", Text($"a tensor of {indices.Columns} columns"), Text($"1 to {most}: one for each number that is chosen"));
        tensors.Matrix("Indices", indices, ElementType.Int32, input.Rows, indices.Columns, "the input's rows, one column for each choice", isChoice: true);
        if (call.Output is { } values)
            tensors.Matrix("Values", values, ElementType.Float32, input.Rows, indices.Columns, "the input's rows, one column for each choice", isChoice: true);
    }

    private static void CheckOverlap(in CollectiveCall call, string name, in DeviceTensor a, string otherName, in DeviceTensor b)
    {
        // Unsigned: a negative difference wraps around and is larger than any length.
        if (b.Address - a.Address >= (ulong)a.Bytes && a.Address - b.Address >= (ulong)b.Bytes) return;
        throw CallErrors.Overlap(
            call.Name, name, otherName, Math.Max(a.Address, b.Address), Math.Min(a.Address + (ulong)a.Bytes, b.Address + (ulong)b.Bytes),
            "that no output overlaps another tensor");
    }

    private static FusionArgumentException Wrong(in CollectiveCall call, string parameter, string value, string allowed) =>
        CallErrors.Argument(parameter, value, allowed, call.Name);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
