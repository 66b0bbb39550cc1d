using System.Text.Json;
using System.Text.Json.Serialization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A policy as JSON.</summary>
internal sealed record PolicyFile
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int CurrentSchema = 1;

    private static readonly string[] Fields = ["schema", "rows"];
    private static readonly string[] RowFields =
        ["architecture", "topology", "worldSize", "oneShotUpTo", "twoShotUpTo", "source"];

    /// <summary>The format's version; null for the current one.</summary>
    public int? Schema { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<AllReducePolicyRow> Rows { get; init; }

    /// <summary>Writes rows.</summary>
    public static byte[] Write(IReadOnlyList<AllReducePolicyRow> rows)
    {
        var file = new PolicyFile { Schema = CurrentSchema, Rows = rows };
        return JsonSerializer.SerializeToUtf8Bytes(file, PolicyJson.Default.PolicyFile);
    }

    /// <summary>Reads rows.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="PolicyException">It is wrong.</exception>
    public static IReadOnlyList<AllReducePolicyRow> Parse(ReadOnlySpan<byte> json, string file)
    {
        if (json is [0xEF, 0xBB, 0xBF, ..]) json = json[3..];
        PolicyFile read;
        try
        {
            read = JsonSerializer.Deserialize(json, PolicyJson.Default.PolicyFile)
                ?? throw new PolicyException(file, 1, "", "it is null: expected an object with schema and rows");
        }
        catch (JsonException e)
        {
            throw Explain(e, file);
        }

        if (read.Schema is < 1 or > CurrentSchema)
        {
            throw new PolicyException(file, JsonLines.Of(json, null, "schema"), "schema",
                $"{read.Schema} is not known: this version of Fusion reads {CurrentSchema}");
        }

        for (var i = 0; i < read.Rows.Count; i++) Check(read.Rows, i, json, file);
        return read.Rows;
    }

    private static void Check(IReadOnlyList<AllReducePolicyRow> rows, int index, ReadOnlySpan<byte> json, string file)
    {
        if (rows[index] is not { } row)
            throw new PolicyException(file, JsonLines.Of(json, index, ""), "rows", $"row {index} is null");
        if (row.Fault is { } fault)
            throw new PolicyException(file, JsonLines.Of(json, index, fault.Field), fault.Field, fault.Problem);
        for (var earlier = 0; earlier < index; earlier++)
        {
            if (!rows[earlier].IsForSameAs(row)) continue;
            throw new PolicyException(file, JsonLines.Of(json, index, ""), "rows",
                $"row {index} is for the same groups as row {earlier} ({row.ForWhat()}), counted from 0: keep one");
        }
    }

    // The serializer's own words name .NET types, which the author of a policy file never saw.
    private static PolicyException Explain(JsonException e, string file)
    {
        var line = (int)(e.LineNumber + 1 ?? 0);
        var path = e.Path ?? "";
        var field = path[(path.LastIndexOf('.') + 1)..].TrimStart('$');
        var known = path.Contains("rows[", StringComparison.Ordinal) ? RowFields : Fields;
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            var nearest = NearestNames.Of(field, known) is [var name, ..] ? $"; did you mean '{name}'?" : ".";
            return new(file, line, field, $"there is no such field{nearest} The fields are {string.Join(", ", known)}", e);
        }

        if (e.Message.Contains("missing required", StringComparison.Ordinal))
        {
            var missing = path.Contains("rows[", StringComparison.Ordinal) ? "oneShotUpTo" : "rows";
            return new(file, line, missing, "it is missing", e);
        }

        return field.Length > 0 && known.Contains(field)
            ? new(file, line, field, $"expected {Expected(field)}", e)
            : new(file, line, "", $"this is no JSON that a policy may be: {e.Message.Split(" Path:")[0].TrimEnd('.')}", e);
    }

    private static string Expected(string field) => field switch
    {
        "architecture" => "a string such as \"sm_90\"",
        "topology" => "\"gpus\", \"loopback\" or \"cpu\"",
        "worldSize" => $"a number of ranks, {PlanRules.WorldSizes}",
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
    AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PolicyFile))]
internal sealed partial class PolicyJson : JsonSerializerContext;
