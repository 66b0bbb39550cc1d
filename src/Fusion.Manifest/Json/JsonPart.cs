using System.Text;
using System.Text.Json;

namespace Fusion.Manifest;

/// <summary>A value of a JSON file, with the line where it begins, so that a message can name the place of a fault. Comments
/// and trailing commas are allowed.</summary>
internal sealed class JsonPart
{
    private const int MaxLetters = 40;

    private static readonly JsonReaderOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly byte[] source;
    private readonly int start;
    private int end;

    private JsonPart(JsonValueKind kind, int line, byte[] source, int start) =>
        (Kind, Line, this.source, this.start) = (kind, line, source, start);

    /// <summary>Kind of the value.</summary>
    public JsonValueKind Kind { get; }

    /// <summary>Line where the value begins, from 1.</summary>
    public int Line { get; }

    /// <summary>Content of a string; empty for other kinds.</summary>
    public string String { get; private init; } = "";

    /// <summary>Values of a list; empty for other kinds.</summary>
    public List<JsonPart> Items { get; } = [];

    /// <summary>Fields of an object in their order, each with its line; empty for other kinds.</summary>
    public List<(string Name, int Line, JsonPart Value)> Fields { get; } = [];

    /// <summary>Text of the value in the file.</summary>
    public string Text => Encoding.UTF8.GetString(source, start, end - start);

    /// <summary>Text of the value for a message, truncated if it is long.</summary>
    public string Raw => Text is { Length: > MaxLetters } text ? $"{text[..MaxLetters]}…" : Text;

    /// <summary>Text of a number in the file; empty for other kinds.</summary>
    public string Digits => Kind == JsonValueKind.Number ? Text : "";

    /// <summary>Parses the content of a file.</summary>
    /// <param name="json">Content in UTF-8, with or without a byte order mark.</param>
    /// <exception cref="JsonFault">The content is not JSON.</exception>
    public static JsonPart Parse(ReadOnlySpan<byte> json)
    {
        var parser = new Parser(json is [0xEF, 0xBB, 0xBF, ..] ? json[3..] : json);
        try
        {
            return parser.ReadFile();
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

        public JsonPart ReadFile()
        {
            reader.Read();
            var part = ReadValue();
            // Throws if anything follows the value.
            reader.Read();
            return part;
        }

        private JsonPart ReadValue()
        {
            var (kind, start) = (KindOf(reader.TokenType), (int)reader.TokenStartIndex);
            var part = new JsonPart(kind, LineAt(start), source, start) { String = kind == JsonValueKind.String ? ReadString() : "" };
            while (kind == JsonValueKind.Object && reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var (name, at) = (ReadString(), LineAt((int)reader.TokenStartIndex));
                reader.Read();
                part.Fields.Add((name, at, ReadValue()));
            }

            while (kind == JsonValueKind.Array && reader.Read() && reader.TokenType != JsonTokenType.EndArray) part.Items.Add(ReadValue());
            part.end = (int)reader.BytesConsumed;
            return part;
        }

        private string ReadString()
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
