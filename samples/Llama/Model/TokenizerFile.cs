using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Llama.Model;

/// <summary>Makes the tokenizer of a checkpoint: from <c>tokenizer.json</c> with byte-level BPE (Llama 3, Qwen3), or from
/// <c>tokenizer.model</c> of SentencePiece (Llama 2).</summary>
public static class TokenizerFile
{
    private const string JsonName = "tokenizer.json";
    private const string ModelName = "tokenizer.model";

    /// <summary>Reads the tokenizer of a checkpoint.</summary>
    /// <param name="folder">Folder of the checkpoint.</param>
    /// <exception cref="CheckpointException">There is none, or it is of a kind that cannot be read.</exception>
    public static Tokenizer Load(string folder)
    {
        var path = Path.Combine(folder, JsonName);
        var sentencePiece = Path.Combine(folder, ModelName);
        try
        {
            if (!File.Exists(path))
            {
                if (!File.Exists(sentencePiece)) throw new CheckpointException(folder, $"it has neither {JsonName} nor {ModelName}");
                return FromSentencePiece(sentencePiece);
            }

            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var model = Object(path, json.RootElement, "model");
            if (Text(model, "type") is not "BPE" and var type) throw new CheckpointException(path, $"its model is '{type}'; expected is BPE");
            if (model.TryGetProperty("byte_fallback", out var fallback) && fallback.ValueKind == JsonValueKind.True)
            {
                return File.Exists(sentencePiece) ? FromSentencePiece(sentencePiece)
                    : throw new CheckpointException(path, $"its bytes fall back to tokens of their own, as SentencePiece has them; expected is {ModelName} beside it");
            }

            return FromJson(path, json.RootElement, model);
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"it is no JSON: {e.Message}", e);
        }
    }

    private static LlamaTokenizer FromSentencePiece(string path)
    {
        using var file = File.OpenRead(path);
        return LlamaTokenizer.Create(file, addBeginOfSentence: false);
    }

    private static Tokenizer FromJson(string path, JsonElement root, JsonElement model)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in Object(path, model, "vocab").EnumerateObject()) vocabulary[token.Name] = token.Value.GetInt32();
        var special = new Dictionary<string, int>(StringComparer.Ordinal);
        if (root.TryGetProperty("added_tokens", out var added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (var token in added.EnumerateArray())
            {
                if (Text(token, "content") is { Length: > 0 } content && token.TryGetProperty("id", out var id)) special[content] = id.GetInt32();
            }
        }

        var (splitter, normalizer) = (new RegexPreTokenizer(Pattern(path, root), special), Normalizer(path, root));
        if (model.TryGetProperty("ignore_merges", out var ignores) && ignores.ValueKind == JsonValueKind.True)
        {
            // A word that is a token stays whole, and pairs are joined by the numbers of their tokens: that is Tiktoken.
            using var ranks = ByteLevel.TiktokenRanks(path, vocabulary.Where(token => !special.ContainsKey(token.Key)));
            return TiktokenTokenizer.Create(ranks, splitter, normalizer, special);
        }

        // Tokens that were added behind the vocabulary belong to it too.
        foreach (var (content, id) in special) vocabulary.TryAdd(content, id);
        return BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = Merges(path, model),
            ByteLevel = true,
            SpecialTokens = special,
            PreTokenizer = splitter,
            Normalizer = normalizer,
        });
    }

    private static NfcNormalizer? Normalizer(string path, JsonElement root)
    {
        if (!root.TryGetProperty("normalizer", out var normalizer) || normalizer.ValueKind == JsonValueKind.Null) return null;
        return Text(normalizer, "type") is "NFC" ? new()
            : throw new CheckpointException(path, $"its normalizer is '{Text(normalizer, "type")}'; expected is none, or NFC");
    }

    // "a b", or in newer files ["a", "b"].
    private static string[] Merges(string path, JsonElement model)
    {
        if (!model.TryGetProperty("merges", out var merges) || merges.ValueKind != JsonValueKind.Array)
            throw new CheckpointException(path, "its model has no list of merges");
        return [.. merges.EnumerateArray().Select(merge => merge.ValueKind switch
        {
            JsonValueKind.String => merge.GetString()!,
            JsonValueKind.Array when merge.GetArrayLength() == 2 => $"{merge[0].GetString()} {merge[1].GetString()}",
            _ => throw new CheckpointException(path, $"a merge is {merge.GetRawText()}; expected are two tokens"),
        })];
    }

    private static Regex Pattern(string path, JsonElement root)
    {
        var splitter = Object(path, root, "pre_tokenizer");
        JsonElement[] steps = splitter.TryGetProperty("pretokenizers", out var list) ? [.. list.EnumerateArray()] : [splitter];
        var isByteLevel = steps.Any(step => Text(step, "type") == "ByteLevel");
        var pattern = steps.Where(step => Text(step, "type") == "Split")
            .Select(step => step.TryGetProperty("pattern", out var given) ? Text(given, "Regex") : null).FirstOrDefault();
        if (!isByteLevel || pattern is null)
            throw new CheckpointException(path, "its pre_tokenizer is not a split by a regular expression with ByteLevel behind it, as Llama 3 and Qwen3 have");
        try
        {
            return new(pattern, RegexOptions.CultureInvariant);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(path, $"the regular expression of its pre_tokenizer cannot be used: {e.Message}", e);
        }
    }

    private static JsonElement Object(string path, JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value
            : throw new CheckpointException(path, $"it has no object '{name}'");

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
