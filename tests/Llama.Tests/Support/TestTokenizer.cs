using System.Text.Json;

namespace Llama.Tests.Support;

/// <summary>A small tokenizer of byte-level BPE: a token for each byte by its number, some for words, and one that is special.</summary>
internal static class TestTokenizer
{
    /// <summary>Number of the special token <c>&lt;|end|&gt;</c>.</summary>
    public const int End = 300;

    // Llama 3's, as its file has it.
    private const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Number of a token.</summary>
    public static int Id(string token) => Vocabulary()[token];

    /// <summary>Text of <c>tokenizer.json</c>.</summary>
    /// <param name="pairs">Whether merges are pairs, as newer files have them.</param>
    /// <param name="prefix">Number of a token that stands before each text, by a post_processor; null for none.</param>
    public static string Json(bool pairs = false, int? prefix = null)
    {
        (string, string)[] merges = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "hello")];
        var tokenizer = new Dictionary<string, object>
        {
            ["model"] = new Dictionary<string, object>
            {
                ["type"] = "BPE",
                ["byte_fallback"] = false,
                ["vocab"] = Vocabulary(),
                ["merges"] = merges.Select(merge => pairs ? (object)new[] { merge.Item1, merge.Item2 } : $"{merge.Item1} {merge.Item2}").ToArray(),
            },
            ["added_tokens"] = new[] { new Dictionary<string, object> { ["id"] = End, ["content"] = "<|end|>", ["special"] = true } },
            ["pre_tokenizer"] = new Dictionary<string, object>
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new object[]
                {
                    new Dictionary<string, object> { ["type"] = "Split", ["pattern"] = new Dictionary<string, string> { ["Regex"] = Pattern }, ["behavior"] = "Isolated" },
                    new Dictionary<string, object> { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false },
                },
            },
        };
        if (prefix is { } first) tokenizer["post_processor"] = PostProcessor(first);
        return JsonSerializer.Serialize(tokenizer);
    }

    // As Llama 3 has it: a step of bytes, and one with the template of a text.
    private static Dictionary<string, object> PostProcessor(int first) => new()
    {
        ["type"] = "Sequence",
        ["processors"] = new object[]
        {
            new Dictionary<string, object> { ["type"] = "ByteLevel", ["trim_offsets"] = false },
            new Dictionary<string, object>
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new object[]
                {
                    new Dictionary<string, object> { ["SpecialToken"] = new Dictionary<string, object> { ["id"] = "<|begin|>", ["type_id"] = 0 } },
                    new Dictionary<string, object> { ["Sequence"] = new Dictionary<string, object> { ["id"] = "A", ["type_id"] = 0 } },
                },
                ["special_tokens"] = new Dictionary<string, object> { ["<|begin|>"] = new Dictionary<string, object> { ["ids"] = new[] { first } } },
            },
        },
    };

    private static Dictionary<string, int> Vocabulary()
    {
        var vocabulary = new Dictionary<string, int>();
        // GPT-2's letters for bytes: printable ones stand for themselves, the others follow from 256 on.
        var next = 256;
        for (var b = 0; b < 256; b++)
        {
            var isPrintable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            vocabulary[((char)(isPrintable ? b : next++)).ToString()] = b;
        }

        foreach (var token in new[] { "he", "ll", "hell", "hello", "Ġhello", "xyz" }) vocabulary[token] = vocabulary.Count;
        return vocabulary;
    }
}
