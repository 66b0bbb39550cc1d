using Fusion.Compiler.Images;

namespace Fusion.Compiler.Sources;

/// <summary>Splits a source into its declarations outside of functions. It does not preprocess: both branches of a condition are read,
/// and a brace that each of them opens counts once.</summary>
/// <param name="text">Text of the source.</param>
/// <param name="tokens">Its tokens.</param>
/// <param name="macros">The macros that are known.</param>
internal sealed class DeclarationScanner(string text, IReadOnlyList<CppToken> tokens, MacroTable macros)
{
    private readonly DeclarationClassifier classifier = new(macros);

    /// <summary>The declarations of the whole source, those in namespaces included.</summary>
    public List<SourceDeclaration> Read() => Read(0, tokens.Count, isMember: false);

    /// <summary>The members of a class.</summary>
    /// <param name="declaration">The class.</param>
    public List<SourceDeclaration> Members(SourceDeclaration declaration) => Read(declaration.Body + 1, EndOfBlock(declaration.Body) - 1, isMember: true);

    private List<SourceDeclaration> Read(int first, int end, bool isMember)
    {
        var found = new List<SourceDeclaration>();
        var conditions = new Stack<bool>();
        for (var i = first; i < end;)
        {
            var token = tokens[i];
            if (token.Kind == CppTokenKind.Directive)
            {
                Follow(conditions, token);
                i++;
            }
            else if (token.IsMark(";") || token.IsMark("}"))
            {
                i++;
            }
            else if (!isMember && BlockOf(i) is { } block)
            {
                i = block;
            }
            else if (isMember && token.IsWord && token.Text is "public" or "private" or "protected" && i + 1 < end && tokens[i + 1].IsMark(":"))
            {
                i += 2;
            }
            else
            {
                var declaration = ReadOne(i, end, isMember);
                // What the project itself keeps from NVRTC needs no help.
                if (!conditions.Contains(true)) found.Add(declaration);
                i = declaration.End;
            }
        }

        return found;
    }

    // Whether what follows is left out wherever NVRTC compiles.
    private void Follow(Stack<bool> conditions, CppToken directive)
    {
        var line = text[directive.Start..directive.End];
        if (DisabledCode.Opens(directive.Text))
            conditions.Push(line.Contains("__CUDACC_RTC__", StringComparison.Ordinal) && (directive.Text == "ifndef" || line.Contains('!')));
        else if (DisabledCode.Continues(directive.Text) && conditions.TryPop(out _)) conditions.Push(false);
        else if (directive.Text == "endif") conditions.TryPop(out _);
    }

    // namespace a { and extern "C" { hold declarations: the index behind the brace.
    private int? BlockOf(int i)
    {
        if (tokens[i].Is("inline") && i + 1 < tokens.Count && tokens[i + 1].Is("namespace")) i++;
        if (tokens[i].Is("namespace"))
        {
            for (var at = i + 1; at < tokens.Count && (tokens[at].IsWord || tokens[at].IsMark("::") || tokens[at].IsMark("{")); at++)
            {
                if (tokens[at].IsMark("{")) return at + 1;
            }
        }

        return tokens[i].Is("extern") && i + 2 < tokens.Count && tokens[i + 1].Kind == CppTokenKind.Literal && tokens[i + 2].IsMark("{") ? i + 3 : null;
    }

    private SourceDeclaration ReadOne(int first, int end, bool isMember)
    {
        if (IsMacroCall(first, out var behind)) return new SourceDeclaration(DeclarationKind.Kept, first, behind, []);
        var head = new List<CppToken>();
        var i = first;
        if (tokens[i].Is("template") && i + 1 < end && !tokens[i + 1].IsMark("<")) return Instantiation(first, end);
        while (i < end && tokens[i].Is("template") && i + 1 < end && tokens[i + 1].IsMark("<")) i = CppBrackets.AngleEnd(tokens, i + 1) ?? i + 2;
        for (; i < end && !tokens[i].IsMark(";"); i++)
        {
            if (tokens[i].IsMark("{") && !IsInitializer(head)) break;
            if (tokens[i].Kind == CppTokenKind.Directive) continue;
            var close = tokens[i].IsMark("(") || tokens[i].IsMark("[") || tokens[i].IsMark("{") ? Math.Min(CppBrackets.End(tokens, i), end) : i + 1;
            for (; i < close; i++)
            {
                if (tokens[i].Kind != CppTokenKind.Directive) head.Add(tokens[i]);
            }

            i--;
        }

        var body = i < end && tokens[i].IsMark("{") ? i : -1;
        var (kind, names) = classifier.Classify(head, body >= 0 ? "{" : ";", isMember);
        if (body < 0 && (i >= end || !tokens[i].IsMark(";")) && kind == DeclarationKind.Host) kind = DeclarationKind.Kept;
        var last = body >= 0 ? Math.Min(EndOfBlock(body), end) : Math.Min(i + 1, end);
        if (kind == DeclarationKind.Class || (body >= 0 && head.Count > 0 && head[0].Is("typedef"))) (last, names) = BehindClass(last, end, names);
        if (kind == DeclarationKind.Class && head.Any(token => token.Is("enum")))
            return new SourceDeclaration(DeclarationKind.IfUsed, first, last, [.. names, .. Words(body, last)]);
        return new SourceDeclaration(kind, first, last, names) { Body = kind == DeclarationKind.Class ? body : -1 };
    }

    // template void f<float>(…);
    private SourceDeclaration Instantiation(int first, int end)
    {
        var last = first;
        while (last < end && !tokens[last].IsMark(";")) last++;
        var words = Words(first, last).ToList();
        var isOfTheGpu = words.Any(classifier.IsOfTheGpu);
        return new SourceDeclaration(isOfTheGpu ? DeclarationKind.Kept : DeclarationKind.Host, first, Math.Min(last + 1, end), []);
    }

    // The names of variables and of a typedef follow the brace.
    private (int End, List<string> Names) BehindClass(int at, int end, List<string> names)
    {
        var all = new List<string>(names);
        for (; at < end && !tokens[at].IsMark(";"); at++)
        {
            if (tokens[at].IsWord) all.Add(tokens[at].Text);
        }

        return (Math.Min(at + 1, end), all);
    }

    // MAKE(float, add) with or without a semicolon. Where a brace follows, it is the head of a function.
    private bool IsMacroCall(int i, out int behind)
    {
        behind = i + 1;
        if (!tokens[i].IsWord || !macros.IsFunctionLike(tokens[i].Text) || i + 1 >= tokens.Count || !tokens[i + 1].IsMark("(")) return false;
        behind = CppBrackets.End(tokens, i + 1);
        if (behind < tokens.Count && tokens[behind].IsMark(";")) behind++;
        return behind >= tokens.Count || !tokens[behind].IsMark("{");
    }

    // int a[] = { … } and int a{ … }, but not a function's body.
    private static bool IsInitializer(List<CppToken> head) =>
        head.Any(token => token.IsMark("=")) && !head.Any(token => token.Is("operator"));

    private IEnumerable<string> Words(int first, int end) => Enumerable.Range(first, end - first).Where(i => tokens[i].IsWord).Select(i => tokens[i].Text);

    private int EndOfBlock(int open)
    {
        var depth = 0;
        var before = new Stack<int>();
        for (var i = open; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token.Kind == CppTokenKind.Directive)
            {
                if (DisabledCode.Opens(token.Text)) before.Push(depth);
                else if (DisabledCode.Continues(token.Text)) depth = before.TryPeek(out var start) ? start : 0;
                else if (token.Text == "endif") before.TryPop(out _);
            }
            else if (token.IsMark("{")) depth++;
            else if (token.IsMark("}") && --depth <= 0) return i + 1;
        }

        return tokens.Count;
    }
}
