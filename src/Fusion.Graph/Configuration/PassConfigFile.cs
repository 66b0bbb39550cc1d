using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Reads a configuration of the passes.</summary>
internal static class PassConfigFile
{
    // vLLM's names, and which of our fields each sets.
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["enable_noop"] = "noOpElimination",
        ["eliminate_noops"] = "noOpElimination",
        ["enable_fusion"] = "normQuantFusion",
        ["fuse_norm_quant"] = "normQuantFusion",
        ["enable_fi_allreduce_fusion"] = "allReduceFusion",
        ["fuse_allreduce_rms"] = "allReduceFusion",
        ["fi_allreduce_fusion_max_size_mb"] = "maxSizeMb",
    };

    private static readonly string[] Fields =
        ["noOpElimination", "addNormFusion", "normQuantFusion", "allReduceFusion", "deadCode", "maxSizeMb", "policy"];

    private static readonly JsonDocumentOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <param name="json">The text.</param>
    /// <param name="source">Its name, for errors.</param>
    /// <param name="folder">Where a policy file is looked for.</param>
    /// <exception cref="PassConfigException">It is wrong.</exception>
    public static FusionPassConfig Parse(string json, string source, string folder)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Options);
        }
        catch (JsonException e)
        {
            throw new PassConfigException(source, "", $"it is no JSON: {e.Message.TrimEnd('.')}", e);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new PassConfigException(source, "", $"it is {Text(document.RootElement)}: expected an object");
            var config = new FusionPassConfig();
            var set = new Dictionary<string, (string By, string Value)>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                var field = Aliases.GetValueOrDefault(property.Name, property.Name);
                if (!Fields.Contains(field)) throw Unknown(source, property.Name);
                if (!set.TryAdd(field, (property.Name, property.Value.GetRawText())))
                {
                    var (by, value) = set[field];
                    if (value == property.Value.GetRawText()) continue;
                    throw new PassConfigException(source, property.Name,
                        $"it and '{by}' say different things of the same; keep one");
                }

                config = Set(config, field, property, source, folder);
            }

            return config;
        }
    }

    private static FusionPassConfig Set(
        FusionPassConfig config, string field, JsonProperty property, string source, string folder) => field switch
        {
            "noOpElimination" => config with { NoOpElimination = Switch(property, source) },
            "addNormFusion" => config with { AddNormFusion = Switch(property, source) },
            "normQuantFusion" => config with { NormQuantFusion = Switch(property, source) },
            "allReduceFusion" => config with { AllReduceFusion = Switch(property, source) },
            "deadCode" => config with { DeadCode = Switch(property, source) },
            "maxSizeMb" => config with { MaxSizeMb = Sizes(property, source) },
            _ => config with { Policy = Policy(property, source, folder) },
        };

    private static bool Switch(JsonProperty property, string source) => property.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new PassConfigException(source, property.Name, $"it is {Text(property.Value)}: expected true or false"),
    };

    private static ImmutableSortedDictionary<int, double> Sizes(JsonProperty property, string source)
    {
        if (property.Value.ValueKind == JsonValueKind.Null) return ImmutableSortedDictionary<int, double>.Empty;
        const string Expected = "expected an object of world sizes and MiB, such as { \"2\": 64, \"4\": 2 }";
        if (property.Value.ValueKind != JsonValueKind.Object)
            throw new PassConfigException(source, property.Name, $"it is {Text(property.Value)}: {Expected}");
        var sizes = ImmutableSortedDictionary.CreateBuilder<int, double>();
        foreach (var size in property.Value.EnumerateObject())
        {
            if (!int.TryParse(size.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var ranks)
                || !PlanRules.IsWorldSize(ranks))
                throw new PassConfigException(source, property.Name,
                    $"'{size.Name}' is none of the world sizes {PlanRules.WorldSizes}");
            if (size.Value.ValueKind != JsonValueKind.Number
                || !(size.Value.GetDouble() is >= 0 and var megabytes && double.IsFinite(megabytes)))
                throw new PassConfigException(source, property.Name,
                    $"for {size.Name} ranks it is {Text(size.Value)}: expected MiB, 0 or more");
            if (!sizes.TryAdd(ranks, megabytes))
                throw new PassConfigException(source, property.Name, $"it names {size.Name} ranks twice; keep one");
        }

        return sizes.ToImmutable();
    }

    private static AllReducePolicy? Policy(JsonProperty property, string source, string folder) => property.Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => AllReducePolicy.Load(Path.Combine(folder, property.Value.GetString()!)),
        _ => throw new PassConfigException(source, property.Name,
            $"it is {Text(property.Value)}: expected the path of a policy file"),
    };

    private static PassConfigException Unknown(string source, string field)
    {
        var nearest = NearestNames.Of(field, [.. Fields, .. Aliases.Keys]) is [var name, ..] ? $"; did you mean '{name}'?" : ".";
        return new(source, field, $"there is no such field{nearest} The fields are {string.Join(", ", Fields)}, " +
            $"and vLLM's {string.Join(", ", Aliases.Keys)}");
    }

    private static string Text(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 40 ? text : $"{text[..40]}…";
    }
}
