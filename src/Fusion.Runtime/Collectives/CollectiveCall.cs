using System.Globalization;

namespace Fusion.Runtime;

/// <summary>What a call of <see cref="Collectives"/> does.</summary>
internal enum CollectiveKind
{
    /// <summary>Puts the ranks' columns side by side.</summary>
    AllGatherColumns,

    /// <summary>Puts the ranks' rows one below the other.</summary>
    AllGatherRows,

    /// <summary>Sums all ranks' rows, and gives each rank its part of them.</summary>
    ReduceScatterRows,

    /// <summary>Finds the largest numbers of each row of columns that are spread over the ranks.</summary>
    TopK,
}

/// <summary>A rank's call of a collective.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Input">Input of the rank.</param>
/// <param name="Output">Output of the rank; in a choice its values, null if they are not wanted.</param>
/// <param name="Indices">In a choice, its indices; null otherwise.</param>
internal readonly record struct CollectiveCall(CollectiveKind Kind, DeviceTensor Input, DeviceTensor? Output, DeviceTensor? Indices)
{
    /// <summary>Number of choices of a row; 0 for a call that is none.</summary>
    public int Choices => Indices is { } indices ? (int)indices.Columns : 0;

    /// <summary>Name of the collective, for messages.</summary>
    public string Name => Shape.Name;

    /// <summary>What all ranks' calls have in common.</summary>
    public CollectiveShape Shape => new(Kind, Input.Type, Input.Rows, Input.Columns, Choices);
}

/// <summary>What the ranks' calls of a collective have in common.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Type">Type of the inputs.</param>
/// <param name="Rows">Number of rows of each input.</param>
/// <param name="Columns">Number of columns of each input.</param>
/// <param name="Choices">Number of choices of a row; 0 for a call that is none.</param>
internal readonly record struct CollectiveShape(CollectiveKind Kind, ElementType Type, long Rows, long Columns, int Choices) : ICallShape
{
    /// <summary>Name of the collective, for messages.</summary>
    public string Name => Kind switch
    {
        CollectiveKind.AllGatherColumns => "all-gather of columns",
        CollectiveKind.AllGatherRows => "all-gather of rows",
        CollectiveKind.ReduceScatterRows => "reduce-scatter of rows",
        _ => "top-k",
    };

    /// <inheritdoc/>
    public ulong Fingerprint => Fingerprints.Mix(
        Fingerprints.Mix((ulong)Rows, (ulong)Columns), (byte)Kind | ((uint)(byte)Type << 8) | ((ulong)(uint)Choices << 32));

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Items =>
    [
        new("collective", Name),
        new("type", Type.ToString()),
        new("rows", Rows.ToString(CultureInfo.InvariantCulture)),
        new("columns", Columns.ToString(CultureInfo.InvariantCulture)),
        new("choices", Choices.ToString(CultureInfo.InvariantCulture)),
    ];
}
