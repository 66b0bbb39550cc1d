using System.Text;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>A source in whose text the macros that declare kernels are expanded, so that their kernels can be read like any others.
/// Other macros stay as they are.</summary>
internal sealed class KernelMacros
{
    private const int MostTokens = 2_000_000;
    private const int DeepestMacro = 200;
    private const string Mark = "__global__";

    private readonly Dictionary<string, MacroDefinition> definitions = new(StringComparer.Ordinal);
    private readonly HashSet<string> ambiguous = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> makesKernels = new(StringComparer.Ordinal);
    private readonly List<(int Expanded, int Original)> places = [];
    private readonly StringBuilder expanded = new();
    private int tokensMade;

    private KernelMacros()
    {
    }

    /// <summary>The text with expansions.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The macros that could not be expanded, each with its first use in the source and the reason.</summary>
    public List<(CppToken Use, string Why)> Unexpanded { get; } = [];

    /// <summary>Where in the source a position of <see cref="Text"/> comes from.</summary>
    public int Original(int position)
    {
        var (at, behind) = (-1, places.Count);
        while (behind - at > 1)
        {
            var middle = (at + behind) / 2;
            if (places[middle].Expanded <= position) at = middle;
            else behind = middle;
        }

        if (at < 0) return position;
        var (start, original) = places[at];
        // Odd entries are behind an expansion, even ones are expansions, which have one place.
        return at % 2 == 0 ? original : original + position - start;
    }

    /// <summary>Expands the macros of a source that declare kernels.</summary>
    /// <param name="text">Text of the source.</param>
    /// <param name="headers">Texts of the headers that launchers know.</param>
    /// <param name="defines">The macros of the metadata, <c>NAME</c> or <c>NAME=VALUE</c>, split by semicolons.</param>
    public static KernelMacros Expand(string text, IReadOnlyList<string> headers, string defines)
    {
        var result = new KernelMacros();
        foreach (var define in defines.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, value) = define.Split('=', 2) is [var first, var second] ? (first, second) : (define, "1");
            result.Add(MacroDefinition.Read($"#define {name} {value}"));
        }

        foreach (var header in headers) result.Define(header, CppTokenizer.Read(header));
        var tokens = CppTokenizer.Read(text);
        result.Define(text, tokens);
        result.Write(text, tokens);
        result.Text = result.expanded.ToString();
        return result;
    }

    private void Define(string text, IReadOnlyList<CppToken> tokens)
    {
        foreach (var directive in tokens.Where(token => token.Words is ["define", ..])) Add(MacroDefinition.Read(text[directive.Start..directive.End]));
    }

    private void Add(MacroDefinition? definition)
    {
        if (definition is null) return;
        if (definitions.TryGetValue(definition.Name, out var known) && known.Body != definition.Body) ambiguous.Add(definition.Name);
        definitions[definition.Name] = definition;
    }

    private void Write(string text, IReadOnlyList<CppToken> tokens)
    {
        var written = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!tokens[i].IsWord || !definitions.TryGetValue(tokens[i].Text, out var macro)) continue;
            var end = macro.Parameters is null ? i + 1 : i + 1 < tokens.Count && tokens[i + 1].IsMark("(") ? CppBrackets.End(tokens, i + 1) : -1;
            if (end < 0) continue;
            // A macro may make kernels by another one that it is given.
            if (!Enumerable.Range(i, end - i).Any(at => tokens[at].IsWord && definitions.TryGetValue(tokens[at].Text, out var used) && MakesKernels(used))) continue;
            var use = text[tokens[i].Start..tokens[end - 1].End];
            var made = ambiguous.Contains(macro.Name) ? null : Expanded(use, []);
            if (made is null)
            {
                var why = ambiguous.Contains(macro.Name) ? "the file and its headers define it in several ways"
                    : $"its expansion is deeper than {DeepestMacro} macros or longer than {MostTokens} words";
                if (Unexpanded.All(known => known.Use.Text != macro.Name)) Unexpanded.Add((tokens[i], why));
                continue;
            }

            expanded.Append(text, written, tokens[i].Start - written);
            places.Add((expanded.Length, tokens[i].Start));
            expanded.Append(made);
            written = tokens[end - 1].End;
            places.Add((expanded.Length, written));
            i = end - 1;
        }

        expanded.Append(text, written, text.Length - written);
    }

    private bool MakesKernels(MacroDefinition macro)
    {
        if (makesKernels.TryGetValue(macro.Name, out var known)) return known;
        var seen = new HashSet<string>(StringComparer.Ordinal) { macro.Name };
        var open = new Stack<MacroDefinition>([macro]);
        var makes = false;
        while (!makes && open.TryPop(out var next))
        {
            foreach (var token in next.Tokens.Where(token => token.IsWord))
            {
                makes |= token.Text == Mark;
                if (definitions.TryGetValue(token.Text, out var inner) && seen.Add(inner.Name)) open.Push(inner);
            }
        }

        return makesKernels[macro.Name] = makes;
    }

    /// <summary>Expands all macros of a text, but for those that it comes from.</summary>
    /// <returns>Null if it does not end, or is too long.</returns>
    private string? Expanded(string text, HashSet<string> open)
    {
        var tokens = CppTokenizer.Read(text, startsLine: false);
        if ((tokensMade += tokens.Count) > MostTokens || open.Count > DeepestMacro) return null;
        var made = new StringBuilder();
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (!token.IsWord || open.Contains(token.Text) || !definitions.TryGetValue(token.Text, out var macro) || ambiguous.Contains(token.Text))
            {
                made.Append(text, token.Start, token.End - token.Start).Append(' ');
                continue;
            }

            List<string> arguments = [];
            if (macro.Parameters is not null)
            {
                if (i + 1 >= tokens.Count || !tokens[i + 1].IsMark("("))
                {
                    made.Append(token.Text).Append(' ');
                    continue;
                }

                var end = CppBrackets.End(tokens, i + 1);
                arguments = Arguments(text, tokens, i + 1, end - 1);
                i = end - 1;
            }

            var plain = new List<string>();
            foreach (var argument in arguments)
            {
                if (Expanded(argument, open) is not { } one) return null;
                plain.Add(one.Trim());
            }

            if (Expanded(macro.Replace(arguments, plain), [.. open, macro.Name]) is not { } inner) return null;
            made.Append(inner);
        }

        return made.ToString();
    }

    // Commas between parentheses separate nothing; those between angle brackets do.
    private static List<string> Arguments(string text, IReadOnlyList<CppToken> tokens, int open, int close)
    {
        var arguments = new List<string>();
        var start = tokens[open].End;
        for (var i = open + 1; i < close; i++)
        {
            if (tokens[i].IsMark("(")) i = CppBrackets.End(tokens, i) - 1;
            else if (tokens[i].IsMark(","))
            {
                arguments.Add(text[start..tokens[i].Start].Trim());
                start = tokens[i].End;
            }
        }

        arguments.Add(text[start..tokens[close].Start].Trim());
        return arguments;
    }
}
