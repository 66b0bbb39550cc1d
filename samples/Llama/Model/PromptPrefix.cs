using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace Llama.Model;

/// <summary>Tokens that a model expects before every prompt, such as the beginning of a text for Llama.</summary>
public static class PromptPrefix
{
    /// <summary>Reads the tokens: from the <c>post_processor</c> of <c>tokenizer.json</c>, or without that file from
    /// <c>tokenizer.model</c>.</summary>
    /// <param name="folder">Folder of the checkpoint.</param>
    /// <param name="tokenizer">The checkpoint's tokenizer.</param>
    /// <returns>Numbers of the tokens; none for most models but Llama.</returns>
    /// <exception cref="CheckpointException">The file is no JSON, is not as tokenizers write it, or names a token without its number.</exception>
    public static IReadOnlyList<int> Read(string folder, Tokenizer tokenizer)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(path)) return tokenizer is SentencePieceTokenizer { BeginningOfSentenceId: var first } ? [first] : [];
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Template(json.RootElement, "post_processor") is { } template ? Before(path, template) : [];
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"it is no JSON: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            // What JsonElement says of a value of another kind than it is asked for.
            throw new CheckpointException(path, $"its post_processor is not as tokenizers write it: {e.Message}", e);
        }
    }

    private static JsonElement? Template(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out var processor) || processor.ValueKind != JsonValueKind.Object) return null;
        JsonElement[] steps = processor.TryGetProperty("processors", out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [processor];
        foreach (var step in steps)
        {
            if (step.ValueKind == JsonValueKind.Object && step.TryGetProperty("single", out var single) && single.ValueKind == JsonValueKind.Array) return step;
        }

        return null;
    }

    private static List<int> Before(string path, JsonElement template)
    {
        var tokens = new List<int>();
        foreach (var piece in template.GetProperty("single").EnumerateArray())
        {
            if (!piece.TryGetProperty("SpecialToken", out var special)) break;
            var name = special.TryGetProperty("id", out var id) ? id.GetString() : null;
            if (name is null || !template.TryGetProperty("special_tokens", out var all) || !all.TryGetProperty(name, out var token) || !token.TryGetProperty("ids", out var ids))
                throw new CheckpointException(path, $"its post_processor begins a text with the token '{name}', and special_tokens does not have its number");
            tokens.AddRange(ids.EnumerateArray().Select(one => one.GetInt32()));
        }

        return tokens;
    }
}
