using System.Text;
using System.Text.Json;

namespace Fusion.Manifest;

/// <summary>A value of a JSON file that a person wrote, with the line where it begins, so that a mistake can be told with its place.
/// Comments and a comma too many are allowed.</summary>
internal sealed class JsonPart
{
    private const int MostLetters = 40;

    private static readonly JsonReaderOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly byte[] source;
    private readonly int start;
    private int end;

    private JsonPart(JsonValueKind kind, int line, byte[] source, int start) =>
        (Kind, Line, this.source, this.start) = (kind, line, source, start);

    /// <summary>What it is.</summary>
    public JsonValueKind Kind { get; }

    /// <summary>The line where it begins, from 1.</summary>
    public int Line { get; }

    /// <summary>What a string says; empty for all else.</summary>
    public string String { get; private init; } = "";

    /// <summary>The values of a list; empty for all else.</summary>
    public List<JsonPart> Items { get; } = [];

    /// <summary>The fields of an object in their order, each with its line; empty for all else.</summary>
    public List<(string Name, int Line, JsonPart Value)> Fields { get; } = [];

    /// <summary>The value as the file has it.</summary>
    public string Text => Encoding.UTF8.GetString(source, start, end - start);

    /// <summary>The same for a message, cut off where it is long.</summary>
    public string Raw => Text is { Length: > MostLetters } text ? $"{text[..MostLetters]}…" : Text;

    /// <summary>A number as the file has it; empty for all else.</summary>
    public string Digits => Kind == JsonValueKind.Number ? Text : "";

    /// <summary>Reads a file.</summary>
    /// <param name="json">Its bytes, with or without a byte order mark.</param>
    /// <exception cref="JsonFault">It is no JSON.</exception>
    public static JsonPart Parse(ReadOnlySpan<byte> json)
    {
        var parser = new Parser(json is [0xEF, 0xBB, 0xBF, ..] ? json[3..] : json);
        try
        {
            return parser.File();
        }
        catch (JsonException e)
        {
            var column = (e.BytePositionInLine ?? 0) + 1;
            throw new JsonFault(JsonFaultKind.Syntax, (int)(e.LineNumber ?? 0) + 1, "", "",
                $"it is no JSON: what stands at byte {column} of the line does not belong there, or something is missing before it", e);
        }
    }

    private ref struct Parser
    {
        private readonly byte[] source;
        private Utf8JsonReader reader;
        private int line = 1;
        private int counted;

        public Parser(ReadOnlySpan<byte> json)
        {
            source = json.ToArray();
            reader = new(source, Options);
        }

        public JsonPart File()
        {
            reader.Read();
            var part = Value();
            // Throws if anything follows.
            reader.Read();
            return part;
        }

        private JsonPart Value()
        {
            var (kind, start) = (KindOf(reader.TokenType), (int)reader.TokenStartIndex);
            var part = new JsonPart(kind, LineAt(start), source, start) { String = kind == JsonValueKind.String ? Letters() : "" };
            while (kind == JsonValueKind.Object && reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var (name, at) = (Letters(), LineAt((int)reader.TokenStartIndex));
                reader.Read();
                part.Fields.Add((name, at, Value()));
            }

            while (kind == JsonValueKind.Array && reader.Read() && reader.TokenType != JsonTokenType.EndArray) part.Items.Add(Value());
            part.end = (int)reader.BytesConsumed;
            return part;
        }

        private string Letters()
        {
            try
            {
                return reader.GetString()!;
            }
            catch (InvalidOperationException e)
            {
                throw new JsonFault(JsonFaultKind.Syntax, LineAt((int)reader.TokenStartIndex), "", "",
                    "it is no JSON: a string is no text of Unicode", e);
            }
        }

        private int LineAt(int index)
        {
            line += source.AsSpan(counted..index).Count((byte)'\n');
            counted = index;
            return line;
        }

        private static JsonValueKind KindOf(JsonTokenType token) => token switch
        {
            JsonTokenType.StartObject => JsonValueKind.Object,
            JsonTokenType.StartArray => JsonValueKind.Array,
            JsonTokenType.String => JsonValueKind.String,
            JsonTokenType.Number => JsonValueKind.Number,
            JsonTokenType.True => JsonValueKind.True,
            JsonTokenType.False => JsonValueKind.False,
            _ => JsonValueKind.Null,
        };
    }
}
