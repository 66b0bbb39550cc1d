using System.Text;
using FsCheck;
using Llama.Cli.Generate;
using Llama.Model;
using Llama.Tests.Support;
using Microsoft.ML.Tokenizers;

namespace Llama.Tests.Cli;

/// <summary>What <see cref="TokenText"/> gives while tokens come.</summary>
public sealed class TextsOfTokens
{
    private Tokenizer[] tokenizers = [];

    // Two kinds: one merges by its list, one by the numbers of its tokens.
    [OneTimeSetUp]
    public void Begin()
    {
        using var folder = new TestFolder();
        folder.Write("tokenizer.json", TestTokenizer.Json());
        var merging = TokenizerFile.Load(folder.Path);
        folder.Write("tokenizer.json", TestTokenizer.Json().Replace("\"byte_fallback\":false", "\"ignore_merges\":true", StringComparison.Ordinal));
        tokenizers = [merging, TokenizerFile.Load(folder.Path)];
    }

    [Test]
    public void HaveACharacterWhenItsLastByteCame()
    {
        foreach (var tokenizer in tokenizers)
        {
            var text = new TokenText(tokenizer);
            int[] tokens = [TestTokenizer.Id("hello"), 0xF0, 0x9F, 0x99, 0x82, '!', 0xC3, 0xA9, TestTokenizer.Id("Ġhello"), 0xE6];
            Assert.That(tokens.Select(text.Add), Is.EqualTo(["hello", "", "", "", "🙂", "!", "", "é", " hello", ""]));
            Assert.That((text.End(), text.End()), Is.EqualTo(("\uFFFD", "")), "a character that is not whole");
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void AreTogetherTheWholeTextAndNeverHalfACharacter(NonEmptyString any)
    {
        var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(any.Get + " naïve 東京 🙂")).Replace("\uFFFD", "?", StringComparison.Ordinal);
        foreach (var tokenizer in tokenizers)
        {
            var text = new TokenText(tokenizer);
            var pieces = Encoding.UTF8.GetBytes(whole).Select(value => text.Add(value)).Append(text.End()).ToArray();
            Assert.That(string.Concat(pieces), Is.EqualTo(whole));
            Assert.That(pieces, Has.None.Contains('\uFFFD'));
            foreach (var piece in pieces.Where(piece => piece.Length > 0)) Assert.That(char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1]), Is.False, piece);
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void AreWhatTheTokenizerMakesOfAnyTokensAndHoldLittleBack(NonEmptyArray<byte> bytes, bool isRising)
    {
        // Bytes above 127 are parts of characters, most of which never become whole; 280 and 303 are no tokens.
        int[] tokens = [.. bytes.Get.Select((value, i) => value % 17 == 0 ? 280 : value % 19 == 0 ? 303 : isRising ? value | 0x80 : (value + i) % 262)];
        foreach (var tokenizer in tokenizers)
        {
            var (text, given) = (new TokenText(tokenizer), new StringBuilder());
            for (var i = 0; i < tokens.Length; i++)
            {
                given.Append(text.Add(tokens[i]));
                var whole = tokenizer.Decode(tokens[..(i + 1)]);
                Assert.That(whole, Does.StartWith(given.ToString()));
                Assert.That(whole.Length - given.Length, Is.LessThanOrEqualTo(3));
            }

            Assert.That(given.Append(text.End()).ToString(), Is.EqualTo(tokenizer.Decode(tokens)));
        }
    }

    [Test]
    public void HaveTheTokensBeforeThemThatTheTokenizerAsksFor()
    {
        using var folder = new TestFolder();
        Assert.That(Prefix(TestTokenizer.Json()), Is.Empty);
        Assert.That(Prefix(TestTokenizer.Json(prefix: 299)), Is.EqualTo([299]));
        Assert.That(() => Prefix(TestTokenizer.Json(prefix: 299).Replace("\"special_tokens\"", "\"others\"", StringComparison.Ordinal)), Throws.TypeOf<CheckpointException>());

        IReadOnlyList<int> Prefix(string json)
        {
            folder.Write("tokenizer.json", json);
            return PromptPrefix.Read(folder.Path, tokenizers[0]);
        }
    }
}
