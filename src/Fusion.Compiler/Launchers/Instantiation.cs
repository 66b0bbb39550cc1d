using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>A name expression taken apart: <c>math::fill&lt;float, 4&gt;</c>.</summary>
/// <param name="Name">The name without arguments: <c>math::fill</c>.</param>
/// <param name="Arguments">The arguments' tokens; empty without.</param>
internal sealed record Instantiation(string Name, IReadOnlyList<IReadOnlyList<CppToken>> Arguments)
{
    /// <summary>Whether arguments in angle brackets follow the name.</summary>
    public bool IsTemplate { get; private init; }

    /// <summary>The arguments as text, without namespaces: <c>float 4</c>.</summary>
    public string ArgumentText => string.Join(' ', Arguments.SelectMany(WithoutNamespaces).Select(token => token.Text));

    /// <summary>Takes an expression apart.</summary>
    /// <param name="expression">The expression in its plain spelling.</param>
    /// <returns>Null if it is more than a name and its arguments.</returns>
    public static Instantiation? Of(string expression)
    {
        var tokens = CppTokenizer.Read(expression);
        var i = 0;
        var names = new List<string>();
        for (; i < tokens.Count && (tokens[i].IsMark("::") || tokens[i].IsWord); i++)
        {
            if (tokens[i].IsWord) names.Add(tokens[i].Text);
        }

        if (names.Count == 0) return null;
        var name = string.Join("::", names);
        if (i == tokens.Count) return new Instantiation(name, []);
        if (!tokens[i].IsMark("<") || CppBrackets.AngleEnd(tokens, i) != tokens.Count) return null;
        var arguments = tokens.Slice(i + 1, tokens.Count - 1);
        return new Instantiation(name, arguments.Count == 0 ? [] : [.. CppBrackets.SplitAtCommas(arguments)])
        {
            IsTemplate = true,
        };
    }

    /// <summary>The signatures of that name. Where there is none, those that leave namespaces out, or that have more of them.</summary>
    /// <param name="signatures">The signatures.</param>
    public List<KernelSignature> FindIn(List<KernelSignature> signatures)
    {
        var alike = signatures.FindAll(s => s.IsTemplate == IsTemplate);
        var exact = alike.FindAll(s => s.Name == Name);
        return exact.Count > 0 ? exact : alike.FindAll(s => Ends(s.Name, Name) || Ends(Name, s.Name));
    }

    /// <summary>A parameter's type with the arguments in the places of the template's parameters.</summary>
    /// <param name="type">The type as the template has it.</param>
    /// <param name="parameters">The template's parameters.</param>
    public string TypeOf(string type, IReadOnlyList<TemplateParameter> parameters)
    {
        var tokens = CppTokenizer.Read(type);
        var isPlain = tokens is [{ IsWord: true }];
        var replaced = new List<CppToken>();
        foreach (var token in tokens)
        {
            var index = token.IsWord ? IndexOf(parameters, token.Text) : -1;
            var argument = index < 0 ? [] : index < Arguments.Count ? Arguments[index] : parameters[index].Default;
            // const T* with T = float* is no const float**: what the words do not show stays as it is.
            var isSimple = isPlain || !argument.Any(IsPointerOrQualifier);
            if (argument.Count > 0 && isSimple) replaced.AddRange(argument);
            else replaced.Add(token);
        }

        return TypeSpelling.Of(replaced);
    }

    private static IEnumerable<CppToken> WithoutNamespaces(IReadOnlyList<CppToken> tokens) =>
        tokens.Where((token, i) => !token.IsMark("::") && !(i + 1 < tokens.Count && tokens[i + 1].IsMark("::")));

    private static int IndexOf(IReadOnlyList<TemplateParameter> parameters, string name)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].Name == name) return i;
        }

        return -1;
    }

    private static bool IsPointerOrQualifier(CppToken token) =>
        token.IsMark("*") || token.IsMark("&") || (token.IsWord && TypeSpelling.IsQualifier(token.Text));

    private static bool Ends(string name, string part) => name.EndsWith("::" + part, StringComparison.Ordinal);
}
