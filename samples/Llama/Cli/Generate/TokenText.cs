using Microsoft.ML.Tokenizers;

namespace Llama.Cli.Generate;

/// <summary>Makes text of tokens that come one by one. A character whose bytes are spread over tokens is held back until it is
/// whole.</summary>
/// <param name="tokenizer">The tokenizer.</param>
internal sealed class TokenText(Tokenizer tokenizer)
{
    private const char Broken = '\uFFFD';

    // A character has 4 bytes at most, so that of more broken ones the first will never be whole.
    private const int LongestHeld = 3;

    private readonly List<int> tokens = [];
    private int given;

    /// <summary>Takes a token.</summary>
    /// <param name="token">Number of the token.</param>
    /// <returns>Text that is complete with it, which may be none.</returns>
    public string Add(int token)
    {
        tokens.Add(token);
        var text = Decode();
        var end = text.Length;
        while (end > given && text[end - 1] == Broken && text.Length - end < LongestHeld) end--;
        return Give(text, end);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The rest, in which a character that is not whole is a replacement character.</returns>
    public string End()
    {
        var text = Decode();
        return Give(text, text.Length);
    }

    private string Give(string text, int end)
    {
        var more = end > given ? text[given..end] : "";
        given = Math.Max(given, end);
        // The last token stays, since a tokenizer may leave out the blank before the first.
        if (end == text.Length && tokens.Count > 1)
        {
            tokens.RemoveRange(0, tokens.Count - 1);
            given = Decode().Length;
        }

        return more;
    }

    private string Decode() => tokenizer.Decode(tokens) ?? "";
}
