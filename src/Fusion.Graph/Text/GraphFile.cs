using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Graph;

/// <summary>JSON document of a graph.</summary>
internal sealed record GraphFile
{
    /// <summary>Version of the format that is written, and the newest that is read.</summary>
    public const int CurrentSchema = 1;

    // Without a default, since the serializer sets null where the field is missing.
    public int? Schema { get; init; }

    public required string Name { get; init; }

    public IReadOnlyList<TensorEntry>? Inputs { get; init; }

    public IReadOnlyList<TensorEntry>? Weights { get; init; }

    public required IReadOnlyList<OpEntry> Ops { get; init; }

    /// <summary>Name of the tensor by name of the output.</summary>
    public required IReadOnlyDictionary<string, string> Outputs { get; init; }
}

/// <summary>JSON of a declared tensor: an input, a weight, or a result of an op that is no row op.</summary>
internal sealed record TensorEntry
{
    public required string Name { get; init; }

    /// <summary>Number of rows: <c>tokens</c>, <c>2*tokens</c> or a number. Null is <c>tokens</c>, for weights 1.</summary>
    public string? Rows { get; init; }

    public required int Columns { get; init; }

    /// <summary>Word of the element type; null for <c>bf16</c>.</summary>
    public string? Type { get; init; }

    public string? Layout { get; init; }
}

/// <summary>JSON of an op.</summary>
internal sealed record OpEntry
{
    /// <summary>Kind of the op: steps joined by +, or <c>view</c>, <c>slice</c>, <c>cast</c>, <c>matmul</c>, <c>all_gather</c>, <c>top_k</c> or <c>custom</c>.</summary>
    public required string Op { get; init; }

    public required string Name { get; init; }

    /// <summary>Names of the tensors that the op reads, by role.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>Names of a row op's results, by role.</summary>
    public IReadOnlyDictionary<string, string>? Outputs { get; init; }

    /// <summary>Results of other ops.</summary>
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
