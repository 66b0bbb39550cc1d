using Llama.Model;
using Llama.Tests.Support;

namespace Llama.Tests;

/// <summary>What <see cref="TokenizerFile"/> makes of <c>tokenizer.json</c>.</summary>
public sealed class Tokenizers
{
    private TestFolder folder = null!;

    [SetUp]
    public void Begin() => folder = new();

    [TearDown]
    public void End() => folder.Dispose();

    [Test]
    public void OfByteLevelBpeMergeByTheirListAndKnowSpecialTokens([Values] bool pairs)
    {
        folder.Write("tokenizer.json", TestTokenizer.Json(pairs));
        var tokenizer = TokenizerFile.Load(folder.Path);

        // h e l l o, " " is Ġ: he, ll, hell, hello; Ġ h.
        Assert.That(tokenizer.EncodeToIds("hello hello"), Is.EqualTo([TestTokenizer.Id("hello"), TestTokenizer.Id("Ġhello")]));
        Assert.That(tokenizer.EncodeToIds("<|end|>hell"), Is.EqualTo([300, TestTokenizer.Id("hell")]));
        Assert.That(tokenizer.Decode([TestTokenizer.Id("hello"), TestTokenizer.Id("Ġhello")]), Is.EqualTo("hello hello"));
    }

    [Test]
    public void ThatIgnoreMergesKeepWordsWholeThatAreTokensAndJoinOthersByNumber()
    {
        // Nothing merges to xyz.
        folder.Write("tokenizer.json", TestTokenizer.Json().Replace("\"byte_fallback\":false", "\"ignore_merges\":true", StringComparison.Ordinal));
        var tokenizer = TokenizerFile.Load(folder.Path);

        Assert.That(tokenizer.EncodeToIds("xyz hello"), Is.EqualTo([TestTokenizer.Id("xyz"), TestTokenizer.Id("\u0120hello")]));
        Assert.That(tokenizer.EncodeToIds("hellhe<|end|>"), Is.EqualTo([TestTokenizer.Id("hell"), TestTokenizer.Id("he"), 300]));
        Assert.That(tokenizer.Decode(tokenizer.EncodeToIds("naïve 🙂 xyz")), Is.EqualTo("naïve 🙂 xyz"));
    }

    [Test]
    public void OfNfcComposeLettersAndAccents()
    {
        if ("e\u0301".Normalize().Length > 1) Assert.Ignore("globalization is invariant here: .NET composes nothing");
        folder.Write("tokenizer.json", TestTokenizer.Json().Replace("{\"model\"", "{\"normalizer\":{\"type\":\"NFC\"},\"model\"", StringComparison.Ordinal));
        var tokenizer = TokenizerFile.Load(folder.Path);
        Assert.That(tokenizer.EncodeToIds("cafe\u0301"), Is.EqualTo(tokenizer.EncodeToIds("caf\u00e9")));
    }

    [TestCase("naïve café – 東京 🙂\n\tx  y")]
    [TestCase("it's 12345 o'clock!!")]
    public void GiveAnyTextBack(string text)
    {
        folder.Write("tokenizer.json", TestTokenizer.Json());
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
        var json = TestTokenizer.Json();
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
}
