using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Graph;

/// <summary>A graph as JSON.</summary>
internal sealed record GraphFile
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int CurrentSchema = 1;

    // Without a default: of a field that is missing, the serializer sets null whatever is written here.
    public int? Schema { get; init; }

    public required string Name { get; init; }

    public IReadOnlyList<TensorEntry>? Inputs { get; init; }

    public IReadOnlyList<TensorEntry>? Weights { get; init; }

    public required IReadOnlyList<OpEntry> Ops { get; init; }

    /// <summary>By the output's name, the tensor's.</summary>
    public required IReadOnlyDictionary<string, string> Outputs { get; init; }
}

/// <summary>A tensor that is declared, or the result of an op that does not say it by itself.</summary>
internal sealed record TensorEntry
{
    public required string Name { get; init; }

    /// <summary><c>tokens</c>, <c>2*tokens</c> or a number; null for <c>tokens</c>, and of weights for 1.</summary>
    public string? Rows { get; init; }

    public required int Columns { get; init; }

    /// <summary>Null for <c>bf16</c>.</summary>
    public string? Type { get; init; }

    public string? Layout { get; init; }
}

/// <summary>An op.</summary>
internal sealed record OpEntry
{
    /// <summary>Its steps, joined by +; or <c>view</c>, <c>slice</c>, <c>cast</c>; or <c>custom</c>.</summary>
    public required string Op { get; init; }

    public required string Name { get; init; }

    /// <summary>Tensors by role.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>Names of the results by role, of row ops.</summary>
    public IReadOnlyDictionary<string, string>? Outputs { get; init; }

    /// <summary>The results of other ops.</summary>
    public IReadOnlyList<TensorEntry>? Results { get; init; }

    public string? Custom { get; init; }

    public string? Group { get; init; }

    public float? Epsilon { get; init; }

    public float? WeightBias { get; init; }

    public int? GroupSize { get; init; }

    public string? GroupScaleType { get; init; }

    public string? Layout { get; init; }

    public int? FirstRow { get; init; }

    public int? FirstColumn { get; init; }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    NewLine = "\n",
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GraphFile))]
internal sealed partial class GraphJson : JsonSerializerContext;
