using System.Globalization;
using System.Text.Json;

namespace Fusion.Manifest;

/// <summary>The fields of an object in a JSON file, whose names are checked. A field that is null counts as not there.</summary>
internal readonly struct JsonFields
{
    private readonly JsonPart part;
    private readonly string owner;

    /// <param name="part">What should be the object.</param>
    /// <param name="owner">What it is, for messages: 'the graph'.</param>
    /// <param name="known">Names of all fields that it may have.</param>
    /// <exception cref="JsonFault">It is no object, or has a field that is none of them, or one twice.</exception>
    public JsonFields(JsonPart part, string owner, IReadOnlyList<string> known)
    {
        (this.part, this.owner) = (part, owner);
        if (part.Kind != JsonValueKind.Object) throw Wrong(part, owner, "", $"an object with {string.Join(", ", known)}");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, line, _) in part.Fields)
        {
            if (!known.Contains(name))
            {
                var nearest = NearestNames.Of(name, known) is [var near, ..] ? $"; did you mean '{near}'?" : ".";
                throw new JsonFault(JsonFaultKind.Unknown, line, owner, name,
                    $"there is no such field{nearest} The fields are {string.Join(", ", known)}");
            }

            if (!seen.Add(name)) throw new JsonFault(JsonFaultKind.Twice, line, owner, name, "it is there twice; keep one");
        }
    }

    /// <summary>Where the object begins, or a field of it, if it has that.</summary>
    public int LineOf(string name) => part.Fields.Find(field => field.Name == name) is { Value: not null } found ? found.Line : part.Line;

    /// <summary>A field; null if it is not there.</summary>
    public JsonPart? Find(string name) =>
        part.Fields.Find(field => field.Name == name).Value is { Kind: not JsonValueKind.Null } found ? found : null;

    /// <summary>A field that must be there.</summary>
    /// <exception cref="JsonFault">It is not.</exception>
    public JsonPart Need(string name, string expected)
    {
        if (Find(name) is { } found) return found;
        var isNull = part.Fields.Find(field => field.Name == name).Value;
        throw isNull is null ? new JsonFault(JsonFaultKind.Missing, part.Line, owner, name, "it is missing") : Wrong(isNull, owner, name, expected);
    }

    /// <summary>A string; null if it is not there.</summary>
    public string? Text(string name, string expected = "a string") =>
        Find(name) is not { } found ? null : found.Kind == JsonValueKind.String ? found.String : throw Wrong(found, owner, name, expected);

    /// <summary>A string that must be there.</summary>
    public string NeedText(string name, string expected = "a string")
    {
        Need(name, expected);
        return Text(name, expected)!;
    }

    /// <summary>A string that must be there and name something.</summary>
    public string NeedName(string name) =>
        NeedText(name, "a name") is var text && !string.IsNullOrWhiteSpace(text) ? text : throw Wrong(name, "a name");

    /// <summary>A whole number; null if it is not there.</summary>
    public long? Whole(string name, string expected = "a whole number", long least = int.MinValue, long most = int.MaxValue)
    {
        if (Find(name) is not { } found) return null;
        var isWhole = long.TryParse(found.Digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        return isWhole && number >= least && number <= most ? number : throw Wrong(found, owner, name, expected);
    }

    /// <summary>A number that float holds; null if it is not there.</summary>
    public float? Number(string name, string expected = "a number")
    {
        if (Find(name) is not { } found) return null;
        var isNumber = float.TryParse(found.Digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        return isNumber && float.IsFinite(number) ? number : throw Wrong(found, owner, name, expected);
    }

    /// <summary>The values of a list; none if it is not there.</summary>
    public IReadOnlyList<JsonPart> List(string name, string expected) =>
        Find(name) is not { } found ? [] : found.Kind == JsonValueKind.Array ? found.Items : throw Wrong(found, owner, name, expected);

    /// <summary>The names that an object has as its values, by its fields; null if it is not there.</summary>
    public IReadOnlyDictionary<string, string>? Texts(string name, string expected)
    {
        if (Find(name) is not { } found) return null;
        if (found.Kind != JsonValueKind.Object) throw Wrong(found, owner, name, expected);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, line, value) in found.Fields)
        {
            if (value.Kind != JsonValueKind.String) throw Wrong(value, $"'{name}' of {owner}", key, "a string");
            if (string.IsNullOrWhiteSpace(value.String)) throw Wrong(value, $"'{name}' of {owner}", key, "a name");
            if (!texts.TryAdd(key, value.String))
                throw new JsonFault(JsonFaultKind.Twice, line, $"'{name}' of {owner}", key, "it is there twice; keep one");
        }

        return texts;
    }

    /// <summary>A fault of a field that is there: its value is not what was expected.</summary>
    public JsonFault Wrong(string name, string expected) => Wrong(Find(name)!, owner, name, expected);

    private static JsonFault Wrong(JsonPart found, string owner, string field, string expected) =>
        new(JsonFaultKind.Value, found.Line, owner, field, $"it is {found.Raw}: expected {expected}");
}
