using System.Globalization;
using System.Text.Json;

namespace Fusion.Manifest;

/// <summary>Fields of an object in a JSON file, whose names are checked. A field that is null counts as missing.</summary>
internal readonly struct JsonFields
{
    private readonly JsonPart part;
    private readonly string owner;

    /// <param name="part">Value that should be the object.</param>
    /// <param name="owner">Name of the object for messages: 'the graph'.</param>
    /// <param name="known">Names of all fields that the object may have.</param>
    /// <exception cref="JsonFault">The value is no object, or a field is unknown or duplicate.</exception>
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

    /// <summary>Gets the line of a field, from 1; that of the object if the field is missing.</summary>
    public int LineOf(string name) => part.Fields.Find(field => field.Name == name) is { Value: not null } found ? found.Line : part.Line;

    /// <summary>Finds a field; null if it is missing.</summary>
    public JsonPart? Find(string name) =>
        part.Fields.Find(field => field.Name == name).Value is { Kind: not JsonValueKind.Null } found ? found : null;

    /// <summary>Gets a required field.</summary>
    /// <exception cref="JsonFault">The field is missing.</exception>
    public JsonPart Need(string name, string expected)
    {
        if (Find(name) is { } found) return found;
        var isNull = part.Fields.Find(field => field.Name == name).Value;
        throw isNull is null ? new JsonFault(JsonFaultKind.Missing, part.Line, owner, name, "it is missing") : Wrong(isNull, owner, name, expected);
    }

    /// <summary>Gets a string; null if it is missing.</summary>
    public string? Text(string name, string expected = "a string") =>
        Find(name) is not { } found ? null : found.Kind == JsonValueKind.String ? found.String : throw Wrong(found, owner, name, expected);

    /// <summary>Gets a required string.</summary>
    public string NeedText(string name, string expected = "a string")
    {
        Need(name, expected);
        return Text(name, expected)!;
    }

    /// <summary>Gets a required string that is not blank.</summary>
    public string NeedName(string name) =>
        NeedText(name, "a name") is var text && !string.IsNullOrWhiteSpace(text) ? text : throw Wrong(name, "a name");

    /// <summary>Gets a whole number; null if it is missing.</summary>
    public long? Whole(string name, string expected = "a whole number", long least = int.MinValue, long most = int.MaxValue)
    {
        if (Find(name) is not { } found) return null;
        var isWhole = long.TryParse(found.Digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        return isWhole && number >= least && number <= most ? number : throw Wrong(found, owner, name, expected);
    }

    /// <summary>Gets a finite number in the range of float; null if it is missing.</summary>
    public float? Number(string name, string expected = "a number")
    {
        if (Find(name) is not { } found) return null;
        var isNumber = float.TryParse(found.Digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        return isNumber && float.IsFinite(number) ? number : throw Wrong(found, owner, name, expected);
    }

    /// <summary>Gets the values of a list; none if it is missing.</summary>
    public IReadOnlyList<JsonPart> List(string name, string expected) =>
        Find(name) is not { } found ? [] : found.Kind == JsonValueKind.Array ? found.Items : throw Wrong(found, owner, name, expected);

    /// <summary>Gets the strings of an object's fields, by field; null if the object is missing.</summary>
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

    /// <summary>Makes the fault of a field whose value is not what was expected.</summary>
    public JsonFault Wrong(string name, string expected) => Wrong(Find(name)!, owner, name, expected);

    private static JsonFault Wrong(JsonPart found, string owner, string field, string expected) =>
        new(JsonFaultKind.Value, found.Line, owner, field, $"it is {found.Raw}: expected {expected}");
}
