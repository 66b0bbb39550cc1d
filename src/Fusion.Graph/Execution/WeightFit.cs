using System.Globalization;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Checks whether given memory can be a weight, with the checks that a call makes of its tensors.</summary>
internal static class WeightFit
{
    /// <summary>Finds what is wrong with the memory.</summary>
    /// <param name="given">The memory.</param>
    /// <param name="type">Type of the weight in the graph, whose rows do not depend on tokens.</param>
    /// <param name="rank">Rank that will read the weight.</param>
    /// <returns>What was found and what is allowed, as the end of a sentence; null if it fits.</returns>
    public static string? FaultOf(in DeviceTensor given, TensorType type, Rank rank)
    {
        var expected = type.At(given.Address, 0);
        var isRight = given == expected
            // A vector may be given as a row or as a column.
            || (expected.Rows == 1 && given == expected with { Rows = expected.Columns, Columns = expected.Rows });
        if (!isRight)
        {
            var padded = type.Layout == ScaleLayout.Linear ? "" : Text($", which is {Shape(expected)} with its padding");
            return $"{Shape(given)}; the graph has {type}{padded}";
        }

        if (given.Address == 0) return "at the address 0; it must be an address";
        var alignment = expected.Count == 1 ? TensorCheck.ScaleAlignment : TensorCheck.Alignment;
        if (given.Address % (uint)alignment != 0)
            return Text($"at 0x{given.Address:x}; its address must be a multiple of {alignment}");
        if (rank.Context is null) return null;
        var (gpu, place) = (rank.Context.Device.Ordinal, DriverMemoryInspector.Instance.Inspect(given.Address));
        return place.Kind == MemoryKind.Managed || (place.Kind == MemoryKind.Device && place.Gpu == gpu) ? null
            : Text($"at 0x{given.Address:x}, {place.Words()}; it must be memory of GPU {gpu}, where this rank is");
    }

    private static string Shape(in DeviceTensor tensor) =>
        Text($"{CallWords.WordOf(tensor.Type)}[{tensor.Rows}, {tensor.Columns}]");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
