using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Reads a configuration of the passes.</summary>
internal static class PassConfigFile
{
    private static readonly string[] Fields =
        ["noOpElimination", "addNormFusion", "normQuantFusion", "allReduceFusion", "deadCode", "maxSizeMb", "policy"];

    /// <param name="json">Text of the file.</param>
    /// <param name="source">Name of the file, for errors.</param>
    /// <param name="folder">Folder to which the path of a policy file is relative.</param>
    /// <exception cref="FusionDataException">The configuration is wrong.</exception>
    public static FusionPassConfig Parse(string json, string source, string folder)
    {
        JsonPart root;
        try
        {
            root = JsonPart.Parse(Encoding.UTF8.GetBytes(json));
        }
        catch (JsonFault fault)
        {
            throw GraphErrors.PassConfig(source, fault.Line, "", fault.Message, fault);
        }

        if (root.Kind != JsonValueKind.Object) throw GraphErrors.PassConfig(source, 0, "", $"it is {root.Raw}: expected an object");
        var config = new FusionPassConfig();
        var set = new Dictionary<string, (string By, string Value)>(StringComparer.Ordinal);
        foreach (var (name, _, value) in root.Fields)
        {
            var field = VllmNames.Fields.GetValueOrDefault(name, name);
            var isOfVllmAlone = VllmNames.Others.TryGetValue(name, out var what);
            if (!isOfVllmAlone && !Fields.Contains(field)) throw Unknown(source, name);
            // vLLM writes null for what it has not decided.
            if (value.Kind == JsonValueKind.Null) continue;
            if (isOfVllmAlone)
            {
                // A pass that is off is not missed.
                if (value.Kind != JsonValueKind.False) config = config with { Warnings = config.Warnings.Add(Missing(source, name, value, what!)) };
                continue;
            }

            if (!set.TryAdd(field, (name, value.Text)))
            {
                var (by, other) = set[field];
                if (by == name) throw GraphErrors.PassConfig(source, 0, name, "it is there twice; keep one");
                if (other == value.Text) continue;
                throw GraphErrors.PassConfig(source, 0, name, $"it and '{by}' say different things of the same; keep one");
            }

            config = Set(config, field, new(name, value, source), folder);
        }

        return config;
    }

    private static FusionPassConfig Set(FusionPassConfig config, string field, Setting setting, string folder) => field switch
    {
        "noOpElimination" => config with { NoOpElimination = Switch(setting) },
        "addNormFusion" => config with { AddNormFusion = Switch(setting) },
        "normQuantFusion" => config with { NormQuantFusion = Switch(setting) },
        "allReduceFusion" => config with { AllReduceFusion = Switch(setting) },
        "deadCode" => config with { DeadCode = Switch(setting) },
        "maxSizeMb" => config with { MaxSizeMb = Sizes(setting) },
        _ => config with { Policy = Policy(setting, folder) },
    };

    private static bool Switch(Setting setting) => setting.Value.Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw setting.Wrong("expected true or false"),
    };

    private static ImmutableSortedDictionary<int, double> Sizes(Setting setting)
    {
        if (setting.Value.Kind == JsonValueKind.Number)
        {
            var forAll = Megabytes(setting.Value) ?? throw setting.Wrong("expected MiB, 0 or more");
            return AllReduceVocabulary.WorldSizes.ToImmutableSortedDictionary(ranks => ranks, _ => forAll);
        }

        if (setting.Value.Kind != JsonValueKind.Object)
        {
            throw setting.Wrong(
                "expected an object of world sizes and MiB, such as { \"2\": 64, \"4\": 2 }, or one number of MiB for all");
        }

        var sizes = ImmutableSortedDictionary.CreateBuilder<int, double>();
        foreach (var (name, _, value) in setting.Value.Fields)
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var ranks) || !AllReduceVocabulary.IsWorldSize(ranks))
                throw setting.Fault($"'{name}' is none of the world sizes {AllReduceVocabulary.WorldSizeWords}");
            if (Megabytes(value) is not { } megabytes)
                throw setting.Fault($"for {name} ranks it is {value.Raw}: expected MiB, 0 or more");
            if (!sizes.TryAdd(ranks, megabytes)) throw setting.Fault($"it names {name} ranks twice; keep one");
        }

        return sizes.ToImmutable();
    }

    private static double? Megabytes(JsonPart value) =>
        double.TryParse(value.Digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= 0 && double.IsFinite(number) ? number : null;

    private static AllReducePolicy Policy(Setting setting, string folder) => setting.Value.Kind == JsonValueKind.String
        ? AllReducePolicy.Load(Path.Combine(folder, setting.Value.String))
        : throw setting.Wrong("expected the path of a policy file");

    private static FusionDataException Unknown(string source, string field)
    {
        string[] known = [.. Fields, .. VllmNames.Fields.Keys, .. VllmNames.Others.Keys];
        var nearest = NearestNames.Of(field, known) is [var name, ..] ? $"; did you mean '{name}'?" : ".";
        return GraphErrors.PassConfig(source, 0, field, $"there is no such field{nearest} The fields are {string.Join(", ", Fields)}, " +
            $"and vLLM's {string.Join(", ", VllmNames.Fields.Keys)}; its other passes are known and do nothing");
    }

    private static string Missing(string source, string name, JsonPart value, string what) =>
        $"{GraphErrorCodes.NoSuchPass}: The pass configuration '{source}' has '{name}': {value.Raw}, {what}. " +
        "Fusion does not have it, and leaves these ops as the graph has them.";

    private readonly record struct Setting(string Name, JsonPart Value, string Source)
    {
        public FusionDataException Wrong(string expected) => Fault($"it is {Value.Raw}: {expected}");

        public FusionDataException Fault(string problem) => GraphErrors.PassConfig(Source, 0, Name, problem);
    }
}
