using System.Text.Json;
using System.Text.Json.Serialization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Reads and writes policies as JSON.</summary>
internal sealed record PolicyFile
{
    /// <summary>Version of the format that is written, and the newest that is read.</summary>
    public const int CurrentSchema = 1;

    private static readonly string[] Fields = ["schema", "rows"];
    private static readonly string[] RowFields =
        ["architecture", "gpu", "topology", "worldSize", "oneShotUpTo", "twoShotUpTo", "source"];

    /// <summary>Version of the format; null for the current one.</summary>
    public int? Schema { get; init; }

    /// <summary>Rows of the policy.</summary>
    public required IReadOnlyList<AllReducePolicyRow> Rows { get; init; }

    /// <summary>Writes rows as UTF-8 JSON.</summary>
    public static byte[] Write(IReadOnlyList<AllReducePolicyRow> rows)
    {
        var file = new PolicyFile { Schema = CurrentSchema, Rows = rows };
        return JsonSerializer.SerializeToUtf8Bytes(file, PolicyJson.Default.PolicyFile);
    }

    /// <summary>Reads rows from UTF-8 JSON.</summary>
    /// <param name="json">Content of the file.</param>
    /// <param name="file">Name of the file, for errors.</param>
    /// <exception cref="FusionDataException">The content is no policy.</exception>
    public static IReadOnlyList<AllReducePolicyRow> Parse(ReadOnlySpan<byte> json, string file)
    {
        try
        {
            var fields = new JsonFields(JsonPart.Parse(json), "the policy", Fields);
            var schema = fields.Whole("schema", Expected("schema"));
            if (schema is < 1 or > CurrentSchema)
            {
                throw DataErrors.Policy(file, fields.LineOf("schema"), "schema",
                    $"{schema} is not known: this version of Fusion reads {CurrentSchema}");
            }

            fields.Need("rows", Expected("rows"));
            var rows = new List<AllReducePolicyRow>();
            foreach (var part in fields.List("rows", Expected("rows"))) rows.Add(Row(part, rows, file));
            return rows;
        }
        catch (JsonFault fault)
        {
            throw DataErrors.Policy(file, fault.Line, fault.Field, fault.Message, fault);
        }
    }

    private static AllReducePolicyRow Row(JsonPart part, List<AllReducePolicyRow> earlier, string file)
    {
        if (part.Kind == JsonValueKind.Null)
            throw DataErrors.Policy(file, part.Line, "rows", $"row {earlier.Count} is null");
        var fields = new JsonFields(part, "the row", RowFields);
        fields.Need("oneShotUpTo", Expected("oneShotUpTo"));
        var row = new AllReducePolicyRow
        {
            Architecture = fields.Text("architecture", Expected("architecture")),
            Gpu = fields.Text("gpu", Expected("gpu")),
            Topology = Topology(fields),
            WorldSize = (int?)fields.Whole("worldSize", Expected("worldSize")),
            OneShotUpTo = Bytes("oneShotUpTo")!.Value,
            TwoShotUpTo = Bytes("twoShotUpTo"),
            Source = fields.Text("source", Expected("source")) ?? "",
        };
        if (row.Fault is { } fault) throw DataErrors.Policy(file, fields.LineOf(fault.Field), fault.Field, fault.Problem);
        var same = earlier.FindIndex(other => other.IsForSameAs(row));
        return same < 0 ? row : throw DataErrors.Policy(file, part.Line, "rows",
            $"row {earlier.Count} is for the same groups as row {same} ({row.ForWhat()}), counted from 0: keep one");

        long? Bytes(string name) => fields.Whole(name, Expected(name), long.MinValue, long.MaxValue);
    }

    private static GroupTopology? Topology(JsonFields fields) => fields.Text("topology", Expected("topology")) is not { } text ? null
        : Enum.GetNames<GroupTopology>().Any(name => name.Equals(text, StringComparison.OrdinalIgnoreCase))
            ? Enum.Parse<GroupTopology>(text, ignoreCase: true)
            : throw fields.Wrong("topology", Expected("topology"));

    private static string Expected(string field) => field switch
    {
        "architecture" => "a string such as \"sm_90\"",
        "gpu" => "a string such as \"NVIDIA H100 80GB HBM3\"",
        "topology" => "\"gpus\", \"loopback\", \"cpu\" or \"machines\"",
        "worldSize" => $"a number of ranks, {AllReduceVocabulary.WorldSizeWords}",
        "oneShotUpTo" or "twoShotUpTo" => "a whole number of bytes",
        "source" => "a string",
        "rows" => "a list of rows",
        _ => "a whole number",
    };
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    NewLine = "\n",
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PolicyFile))]
internal sealed partial class PolicyJson : JsonSerializerContext;
