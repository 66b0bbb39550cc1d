namespace Fusion.Build.Tasks;

/// <summary>Finds the namespaces that a C# file declares. It knows comments, strings and braces, and nothing of what is in a type.
/// </summary>
internal sealed class CSharpNamespaces
{
    private readonly string text;
    private readonly List<string> found = [];
    // What each open brace belongs to: a namespace's whole name, or null for all else.
    private readonly Stack<string?> scopes = new();
    private int position;

    private CSharpNamespaces(string text) => this.text = text;

    /// <summary>Reads a file.</summary>
    /// <param name="text">Its content.</param>
    /// <returns>The whole name of each namespace, in order.</returns>
    public static IReadOnlyList<string> Of(string text)
    {
        var reader = new CSharpNamespaces(text);
        while (reader.position < text.Length) reader.ReadOne();
        return reader.found;
    }

    private void ReadOne()
    {
        if (SkipBlank()) return;
        if (SkipString()) return;
        if (IsWord(text[position]))
        {
            if (Word() == "namespace" && !scopes.Contains(null)) ReadNamespace();
            return;
        }

        var mark = text[position++];
        if (mark == '{') scopes.Push(null);
        else if (mark == '}' && scopes.Count > 0) scopes.Pop();
    }

    // namespace A.B { … }, or namespace A.B; for the whole file.
    private void ReadNamespace()
    {
        var parts = scopes.Count > 0 ? new List<string> { scopes.Peek()! } : [];
        while (position < text.Length)
        {
            if (SkipBlank()) continue;
            if (IsWord(text[position])) parts.Add(Word());
            else if (text[position] is '.' or '@') position++;
            else break;
        }

        var name = string.Join(".", parts);
        found.Add(name);
        if (position >= text.Length || text[position] is not ('{' or ';')) return;
        position++;
        scopes.Push(name);
    }

    private string Word()
    {
        var start = position;
        while (position < text.Length && IsWord(text[position])) position++;
        return text.Substring(start, position - start);
    }

    private bool SkipBlank()
    {
        if (char.IsWhiteSpace(text[position])) position++;
        else if (Is("//") || text[position] == '#') SkipPast("\n", 1);
        else if (Is("/*")) SkipPast("*/", 2);
        else return false;
        return true;
    }

    private bool SkipString()
    {
        if (Is("\"\"\""))
        {
            var quotes = position;
            while (quotes < text.Length && text[quotes] == '"') quotes++;
            SkipPast(new string('"', quotes - position), quotes - position);
            return true;
        }

        if (text[position] is not ('"' or '\'')) return false;
        var quote = text[position];
        var isVerbatim = position > 0 && (text[position - 1] == '@' || (position > 1 && text[position - 1] == '$' && text[position - 2] == '@'));
        position++;
        while (position < text.Length && text[position] != quote && (isVerbatim || text[position] != '\n'))
            position += !isVerbatim && text[position] == '\\' ? 2 : 1;
        position++;
        return true;
    }

    private void SkipPast(string end, int from)
    {
        var at = text.IndexOf(end, Math.Min(position + from, text.Length), StringComparison.Ordinal);
        position = at < 0 ? text.Length : at + end.Length;
    }

    private bool Is(string mark) => string.CompareOrdinal(text, position, mark, 0, mark.Length) == 0;

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
