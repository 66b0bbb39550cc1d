using System.Text.Json;
using Llama.Model;
using Llama.Tests.Support;

namespace Llama.Tests;

/// <summary>What <see cref="TokenizerFile"/> makes of <c>tokenizer.json</c>.</summary>
public sealed class Tokenizers
{
    // Llama 3's, as its file has it.
    private const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private TestFolder folder = null!;

    [SetUp]
    public void Begin() => folder = new();

    [TearDown]
    public void End() => folder.Dispose();

    [Test]
    public void OfByteLevelBpeMergeByTheirListAndKnowSpecialTokens([Values] bool pairs)
    {
        folder.Write("tokenizer.json", Json(pairs));
        var tokenizer = TokenizerFile.Load(folder.Path);

        // h e l l o, " " is Ġ: he, ll, hell, hello; Ġ h.
        Assert.That(tokenizer.EncodeToIds("hello hello"), Is.EqualTo([Id("hello"), Id("Ġhello")]));
        Assert.That(tokenizer.EncodeToIds("<|end|>hell"), Is.EqualTo([300, Id("hell")]));
        Assert.That(tokenizer.Decode([Id("hello"), Id("Ġhello")]), Is.EqualTo("hello hello"));
    }

    [Test]
    public void ThatIgnoreMergesKeepWordsWholeThatAreTokensAndJoinOthersByNumber()
    {
        // Nothing merges to xyz.
        folder.Write("tokenizer.json", Json(false).Replace("\"byte_fallback\":false", "\"ignore_merges\":true", StringComparison.Ordinal));
        var tokenizer = TokenizerFile.Load(folder.Path);

        Assert.That(tokenizer.EncodeToIds("xyz hello"), Is.EqualTo([Id("xyz"), Id("\u0120hello")]));
        Assert.That(tokenizer.EncodeToIds("hellhe<|end|>"), Is.EqualTo([Id("hell"), Id("he"), 300]));
        Assert.That(tokenizer.Decode(tokenizer.EncodeToIds("naïve 🙂 xyz")), Is.EqualTo("naïve 🙂 xyz"));
    }

    [Test]
    public void OfNfcComposeLettersAndAccents()
    {
        if ("e\u0301".Normalize().Length > 1) Assert.Ignore("globalization is invariant here: .NET composes nothing");
        folder.Write("tokenizer.json", Json(false).Replace("{\"model\"", "{\"normalizer\":{\"type\":\"NFC\"},\"model\"", StringComparison.Ordinal));
        var tokenizer = TokenizerFile.Load(folder.Path);
        Assert.That(tokenizer.EncodeToIds("cafe\u0301"), Is.EqualTo(tokenizer.EncodeToIds("caf\u00e9")));
    }

    [TestCase("naïve café – 東京 🙂\n\tx  y")]
    [TestCase("it's 12345 o'clock!!")]
    public void GiveAnyTextBack(string text)
    {
        folder.Write("tokenizer.json", Json(false));
        var tokenizer = TokenizerFile.Load(folder.Path);
        Assert.That(tokenizer.Decode(tokenizer.EncodeToIds(text)), Is.EqualTo(text));
    }

    [TestCase("\"BPE\"", "\"Unigram\"", "its model is 'Unigram'; expected is BPE")]
    [TestCase("\"ByteLevel\"", "\"Metaspace\"", "its pre_tokenizer is not a split by a regular expression")]
    [TestCase("\"byte_fallback\":false", "\"byte_fallback\":true", "expected is tokenizer.model beside it")]
    [TestCase("\"merges\"", "\"joins\"", "its model has no list of merges")]
    [TestCase("{\"model\"", "{\"normalizer\":{\"type\":\"Lowercase\"},\"model\"", "its normalizer is 'Lowercase'; expected is none, or NFC")]
    [TestCase("{\"model\"", "{\"other\"", "it has no object 'model'")]
    public void OfOtherKindsAreRefused(string from, string to, string text)
    {
        var json = Json(false);
        Assert.That(json, Does.Contain(from));
        folder.Write("tokenizer.json", json.Replace(from, to, StringComparison.Ordinal));
        Assert.That(() => TokenizerFile.Load(folder.Path), Throws.TypeOf<CheckpointException>().With.Message.Contain(text));
    }

    [Test]
    public void ThatAreMissingOrNoJsonAreRefused()
    {
        Assert.That(() => TokenizerFile.Load(folder.Path), Throws.TypeOf<CheckpointException>().With.Message.Contain("it has neither tokenizer.json nor tokenizer.model"));
        folder.Write("tokenizer.json", "{");
        Assert.That(() => TokenizerFile.Load(folder.Path), Throws.TypeOf<CheckpointException>().With.Message.Contain("it is no JSON"));
    }

    private static int Id(string token) => Vocabulary()[token];

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

    private static string Json(bool pairs)
    {
        (string, string)[] merges = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "hello")];
        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["model"] = new Dictionary<string, object>
            {
                ["type"] = "BPE",
                ["byte_fallback"] = false,
                ["vocab"] = Vocabulary(),
                ["merges"] = merges.Select(merge => pairs ? (object)new[] { merge.Item1, merge.Item2 } : $"{merge.Item1} {merge.Item2}").ToArray(),
            },
            ["added_tokens"] = new[] { new Dictionary<string, object> { ["id"] = 300, ["content"] = "<|end|>", ["special"] = true } },
            ["pre_tokenizer"] = new Dictionary<string, object>
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new object[]
                {
                    new Dictionary<string, object> { ["type"] = "Split", ["pattern"] = new Dictionary<string, string> { ["Regex"] = Pattern }, ["behavior"] = "Isolated" },
                    new Dictionary<string, object> { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false },
                },
            },
        });
    }
}
