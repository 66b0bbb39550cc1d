using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Llama.Model;

/// <summary>The letters that stand for bytes in a vocabulary of byte-level BPE: printable ones for themselves, the others from number 256
/// on.</summary>
internal static class ByteLevel
{
    private static readonly Dictionary<char, byte> ByteOf = MakeTable();

    /// <summary>Writes a vocabulary as Tiktoken reads it: a line for each token, its bytes in base 64 and its number.</summary>
    /// <exception cref="CheckpointException">A token has a letter that stands for no byte.</exception>
    public static MemoryStream TiktokenRanks(string path, IEnumerable<KeyValuePair<string, int>> vocabulary)
    {
        var text = new StringBuilder();
        foreach (var (token, number) in vocabulary)
        {
            var bytes = token.Select(letter => ByteOf.TryGetValue(letter, out var value) ? value
                : throw new CheckpointException(path, $"the token '{token}' has the letter '{letter}', which stands for no byte")).ToArray();
            text.Append(CultureInfo.InvariantCulture, $"{Convert.ToBase64String(bytes)} {number}\n");
        }

        return new(Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static Dictionary<char, byte> MakeTable()
    {
        var table = new Dictionary<char, byte>();
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var isPrintable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            table[(char)(isPrintable ? value : next++)] = (byte)value;
        }

        return table;
    }
}

/// <summary>Composes letters and accents (NFC). In a program with invariant globalization, .NET composes nothing, so that text must be
/// composed already, as nearly all is.</summary>
internal sealed class NfcNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override string Normalize(string original) => original.Normalize(NormalizationForm.FormC);

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());
}
