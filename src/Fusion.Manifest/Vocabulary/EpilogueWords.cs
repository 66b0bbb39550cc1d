using System.Globalization;

namespace Fusion.Manifest;

/// <summary>Epilogue of an all-reduce as words joined by <c>+</c>, such as <c>residual+rmsnorm+fp8</c>. The word <c>none</c>
/// is the sum alone.</summary>
/// <param name="Residual">Whether a residual is added (<c>residual</c>).</param>
/// <param name="Norm">Word of one of <see cref="AllReduceVocabulary.Norms"/>; empty for none.</param>
/// <param name="Quantization">Word of one of <see cref="AllReduceVocabulary.Quantizations"/>; empty for none.</param>
/// <param name="Group">Number of elements that share a scale in per-group FP8: 128 for <c>fp8-group</c>, 64 for
/// <c>fp8-group64</c>; else 0.</param>
/// <param name="GroupScaleIsUe8m0">Whether the scales of groups are powers of two (<c>fp8-group-ue8m0</c>).</param>
internal readonly record struct EpilogueWords(
    bool Residual, string Norm, string Quantization, int Group = 0, bool GroupScaleIsUe8m0 = false)
{
    /// <summary>Word of FP8 with a scale for each group.</summary>
    public const string GroupWord = "fp8-group";

    /// <summary>Word of the sum alone.</summary>
    public const string None = "none";

    /// <summary>Word of a residual that is added.</summary>
    public const string ResidualWord = "residual";

    private const string Ue8m0 = "-ue8m0";
    private const int DefaultGroup = 128;

    private static readonly string[] Norms = [.. AllReduceVocabulary.Norms.Select(norm => norm.Word)];
    private static readonly string[] Quantizations = [.. AllReduceVocabulary.Quantizations.Select(quantization => quantization.Word)];

    /// <summary>All words, in the order in which they are written.</summary>
    public static IReadOnlyList<string> All { get; } = [ResidualWord, .. Norms, .. Quantizations, None];

    /// <summary>Row of the norm; null for none.</summary>
    public NormWord? NormRow
    {
        get
        {
            var word = Norm;
            return AllReduceVocabulary.Norms.FirstOrDefault(norm => norm.Word == word);
        }
    }

    /// <summary>Row of the quantization; null for none.</summary>
    public QuantizationWord? QuantizationRow
    {
        get
        {
            var word = Quantization;
            return AllReduceVocabulary.Quantizations.FirstOrDefault(quantization => quantization.Word == word);
        }
    }

    /// <summary>Number of elements that share a scale; 0 where all elements of a row or tensor share one.</summary>
    public int Block => Group > 0 ? Group : QuantizationRow?.Block ?? 0;

    /// <summary>Reads the words of an epilogue.</summary>
    /// <param name="text">The words, joined by <c>+</c>.</param>
    /// <param name="words">The epilogue.</param>
    /// <param name="problem">Description of the fault, as the end of a sentence; empty if there is none.</param>
    public static bool TryParse(string text, out EpilogueWords words, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('+', StringSplitOptions.TrimEntries);
        words = new(false, "", "");
        problem = "";
        if (parts is [None]) return true;
        // Words are written in the order of the steps: residual, norm, quantization.
        var next = 0;
        foreach (var part in parts)
        {
            var place = part == ResidualWord ? 0 : Norms.Contains(part) ? 1 : TryQuantization(part, ref words) ? 2 : -1;
            if (place < 0) problem = $"'{part}' is none of {string.Join(", ", All)}.{Nearest(part)}";
            else if (place < next) problem = $"'{part}' is too late: the order is residual, norm, quantization, each once at most.";
            if (problem.Length > 0) return false;
            if (place == 0) words = words with { Residual = true };
            if (place == 1) words = words with { Norm = part };
            next = place + 1;
        }

        return true;
    }

    /// <summary>Reads an epilogue from its <see cref="Identifier"/>.</summary>
    /// <param name="text">The identifier.</param>
    /// <param name="words">The epilogue.</param>
    public static bool TryParseIdentifier(string text, out EpilogueWords words)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = new List<string>();
        var rest = text;
        if (Take(ResidualWord)) parts.Add(ResidualWord);
        if (Norms.OrderByDescending(norm => norm.Length).FirstOrDefault(norm => Take(ToIdentifier(norm))) is { } found) parts.Add(found);
        if (rest.Length > 0) parts.Add(rest.Replace('_', '-'));
        return TryParse(string.Join('+', parts), out words, out _) && words.Identifier == text;

        bool Take(string word)
        {
            if (rest != word && !rest.StartsWith(word + "_", StringComparison.Ordinal)) return false;
            rest = rest == word ? "" : rest[(word.Length + 1)..];
            return true;
        }
    }

    /// <summary>Whether the epilogue is empty.</summary>
    public bool IsNone => this is { Residual: false, Norm: "", Quantization: "" };

    /// <summary>Words of the epilogue as a part of a kernel's name: <c>residual_rmsnorm_fp8</c>.</summary>
    public string Identifier => ToIdentifier(ToString());

    /// <summary>Writes the words, joined by <c>+</c>.</summary>
    public override string ToString()
    {
        if (IsNone) return None;
        var group = Group is 0 or DefaultGroup ? "" : Group.ToString(CultureInfo.InvariantCulture);
        string[] words = [Residual ? ResidualWord : "", Norm, Quantization + group + (GroupScaleIsUe8m0 ? Ue8m0 : "")];
        return string.Join('+', words.Where(word => word.Length > 0));
    }

    private static string ToIdentifier(string words) => words.Replace('+', '_').Replace('-', '_');

    private static bool TryQuantization(string word, ref EpilogueWords words)
    {
        if (!word.StartsWith(GroupWord, StringComparison.Ordinal))
        {
            if (!Quantizations.Contains(word)) return false;
            words = words with { Quantization = word };
            return true;
        }

        var ue8m0 = word.EndsWith(Ue8m0, StringComparison.Ordinal);
        var digits = word[GroupWord.Length..(word.Length - (ue8m0 ? Ue8m0.Length : 0))];
        var group = DefaultGroup;
        if (digits.Length > 0 && !(int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out group) && group > 0)) return false;
        words = words with { Quantization = GroupWord, Group = group, GroupScaleIsUe8m0 = ue8m0 };
        return true;
    }

    private static string Nearest(string word)
    {
        var near = NearestNames.Of(word, All);
        return near.Count > 0 ? $" Did you mean '{near[0]}'?" : "";
    }
}
