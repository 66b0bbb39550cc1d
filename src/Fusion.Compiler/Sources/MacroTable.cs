using Fusion.Compiler.Images;

namespace Fusion.Compiler.Sources;

/// <summary>The macros that a source and its headers define, by the words of their definitions, and the namespaces. Macros are not
/// expanded.</summary>
internal sealed class MacroTable
{
    private readonly Dictionary<string, List<IReadOnlyList<string>>> definitions = new(StringComparer.Ordinal);
    private readonly HashSet<string> functionLike = new(StringComparer.Ordinal);

    /// <summary>The last names of the namespaces.</summary>
    public HashSet<string> Namespaces { get; } = new(["std"], StringComparer.Ordinal);

    /// <summary>What a header defines.</summary>
    /// <param name="text">Text of the header.</param>
    public static MacroTable Of(string text)
    {
        var table = new MacroTable();
        table.Add(text, CppTokenizer.Read(text));
        return table;
    }

    /// <summary>Adds what another table has.</summary>
    public void Add(MacroTable other)
    {
        Namespaces.UnionWith(other.Namespaces);
        functionLike.UnionWith(other.functionLike);
        foreach (var (name, ways) in other.definitions)
        {
            if (!definitions.TryGetValue(name, out var all)) definitions[name] = all = [];
            all.AddRange(ways);
        }
    }

    /// <summary>Adds what a file defines.</summary>
    /// <param name="text">Text of the file.</param>
    /// <param name="tokens">Its tokens.</param>
    public void Add(string text, IReadOnlyList<CppToken> tokens)
    {
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            if (tokens[i].Is("namespace") && tokens[i + 1].IsWord && !(i > 0 && tokens[i - 1].Is("using"))) Namespaces.Add(tokens[i + 1].Text);
        }

        foreach (var token in tokens)
        {
            if (token.Words is not ["define", var name, ..] words) continue;
            if (!definitions.TryGetValue(name, out var all)) definitions[name] = all = [];
            all.Add([.. words.Skip(2)]);
            var at = text.IndexOf(name, token.Start, StringComparison.Ordinal) + name.Length;
            if (at < text.Length && text[at] == '(') functionLike.Add(name);
        }
    }

    /// <summary>Whether a word is a macro.</summary>
    public bool Contains(string word) => definitions.ContainsKey(word);

    /// <summary>Whether a word is a macro with parameters.</summary>
    public bool IsFunctionLike(string word) => functionLike.Contains(word);

    /// <summary>The words that a macro may expand to, those of other macros included.</summary>
    public HashSet<string> Words(string macro)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([macro]);
        while (open.TryPop(out var name))
        {
            foreach (var word in definitions.GetValueOrDefault(name, []).SelectMany(words => words))
            {
                if (found.Add(word) && definitions.ContainsKey(word)) open.Push(word);
            }
        }

        return found;
    }
}
