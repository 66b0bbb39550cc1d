using Fusion.Compiler.Images;

namespace Fusion.Compiler.Sources;

/// <summary>What a declaration is, as far as it matters to leaving out what is for the host.</summary>
internal enum DeclarationKind
{
    /// <summary>It says that it is for the GPU, or it is not known what it is: it stays.</summary>
    Kept,

    /// <summary>A type, a constant or a function that is computed at compile time: it stays if what stays names it.</summary>
    IfUsed,

    /// <summary>A class with its body: as <see cref="IfUsed"/>, and its members are looked at.</summary>
    Class,

    /// <summary>A function or variable of the host.</summary>
    Host,
}

/// <summary>A declaration of a source outside of functions.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="First">Index of its first token.</param>
/// <param name="End">Index behind its last token.</param>
/// <param name="Names">The names that it introduces.</param>
internal sealed record SourceDeclaration(DeclarationKind Kind, int First, int End, IReadOnlyList<string> Names)
{
    /// <summary>Index of the brace that opens a class's body; -1 without.</summary>
    public int Body { get; init; } = -1;
}

/// <summary>Says what a declaration is, by its tokens before the body or the semicolon.</summary>
/// <param name="macros">The macros that are known.</param>
internal sealed class DeclarationClassifier(MacroTable macros)
{
    private static readonly HashSet<string> OfTheGpu = ["__device__", "__global__", "__constant__", "__shared__", "__managed__", "texture", "surface"];
    private static readonly HashSet<string> OfTheHost = ["__host__", "__inline__", "__forceinline__", "__noinline__", "__restrict__", "__restrict", "__attribute__", "__half", "__half2", "__nv_bfloat16", "__nv_bfloat162", "__int64", "__inline"];
    private static readonly HashSet<string> Classes = ["struct", "class", "union", "enum"];
    private static readonly HashSet<string> WithArguments = ["__launch_bounds__", "__attribute__", "__align__", "alignas", "decltype", "__declspec", "__cluster_dims__", "noexcept", "explicit"];

    /// <summary>Whether a word says that something is for the GPU, itself or as a macro.</summary>
    public bool IsOfTheGpu(string word) => OfTheGpu.Contains(word) || (macros.Contains(word) && macros.Words(word).Overlaps(OfTheGpu));

    /// <summary>Classifies a declaration.</summary>
    /// <param name="head">Its tokens up to the brace or semicolon, without those of its template parameters.</param>
    /// <param name="next">The token behind them.</param>
    /// <param name="isMember">Whether it is a member of a class.</param>
    public (DeclarationKind Kind, List<string> Names) Classify(IReadOnlyList<CppToken> head, string next, bool isMember)
    {
        if (head.Count == 0) return (DeclarationKind.Kept, []);
        if (BeforeInitializer(head).Any(token => token.IsWord && IsOfTheGpu(token.Text))) return (DeclarationKind.Kept, [.. NameOf(head)]);
        var first = head.FirstOrDefault(token => token.IsWord && token.Text is not ("static" or "inline" or "extern" or "const" or "constexpr" or "typedef"));
        if (first.Text is "static_assert" or "namespace" or "friend" or "asm") return (DeclarationKind.Kept, []);
        if (first.Text == "using") return Using(head);
        if (Classes.Contains(first.Text ?? "") && next == "{" && !HasParameters(head)) return (DeclarationKind.Class, ClassNames(head));
        if (head[0].Is("typedef")) return (DeclarationKind.IfUsed, [TypedefName(head)]);
        if (Classes.Contains(first.Text ?? "") && head.Count <= 2) return (DeclarationKind.Kept, []);
        var isFunction = HasParameters(head);
        if (!isFunction && isMember) return (DeclarationKind.Kept, []);
        if (isFunction && isMember && IsDefaulted(head)) return (DeclarationKind.Kept, []);
        var isConstant = head.Any(token => token.Is("constexpr") || (!isFunction && token.Is("const")));
        if (isConstant) return (DeclarationKind.IfUsed, [.. NameOf(head)]);
        return IsUnclear(head, isFunction) ? (DeclarationKind.Kept, []) : (DeclarationKind.Host, [.. NameOf(head)]);
    }

    // A word alone, a word that is wrong (__globl__) and a macro that nobody defines: NVRTC says what is the matter.
    private bool IsUnclear(IReadOnlyList<CppToken> head, bool isFunction) =>
        (!isFunction && head.Count < 2)
        || BeforeInitializer(head).Any(token => token.IsWord && token.Text.StartsWith("__", StringComparison.Ordinal) && !OfTheHost.Contains(token.Text) && !macros.Contains(token.Text))
        || (head[0].IsWord && LooksLikeMacro(head[0].Text) && !macros.Contains(head[0].Text) && !IsCall(head));

    // A namespace that no file declares belongs to a library of the host.
    private (DeclarationKind Kind, List<string> Names) Using(IReadOnlyList<CppToken> head)
    {
        if (head.Count > 1 && head[1].Is("namespace")) return (macros.Namespaces.Contains(head[^1].Text) ? DeclarationKind.Kept : DeclarationKind.Host, []);
        var isAlias = head.Any(token => token.IsMark("="));
        return (DeclarationKind.IfUsed, [isAlias ? head.Skip(1).FirstOrDefault(token => token.IsWord).Text ?? "" : head.Last(token => token.IsWord).Text]);
    }

    private static bool IsDefaulted(IReadOnlyList<CppToken> head) =>
        head.Count > 2 && head[^2].IsMark("=") && (head[^1].Is("default") || head[^1].Is("delete"));

    private static bool IsCall(IReadOnlyList<CppToken> head) => head.Count > 1 && head[1].IsMark("(");

    private static bool LooksLikeMacro(string word) => word.Length > 2 && word.All(c => char.IsUpper(c) || char.IsDigit(c) || c == '_') && word.Any(char.IsUpper);

    private static List<string> ClassNames(IReadOnlyList<CppToken> head)
    {
        var at = head.ToList().FindIndex(token => token.IsWord && Classes.Contains(token.Text)) + 1;
        for (; at < head.Count; at++)
        {
            if (head[at].IsWord && WithArguments.Contains(head[at].Text) && at + 1 < head.Count) at = CppBrackets.End(head, at + 1) - 1;
            else if (head[at].IsWord && !Classes.Contains(head[at].Text)) return [head[at].Text];
            else if (head[at].IsMark(":")) break;
        }

        return [];
    }

    private static string TypedefName(IReadOnlyList<CppToken> head)
    {
        for (var i = 0; i + 2 < head.Count; i++)
        {
            if (head[i].IsMark("(") && head[i + 1].IsMark("*")) return head[i + 2].Text;
        }

        return head.LastOrDefault(token => token.IsWord).Text ?? "";
    }

    private static IEnumerable<CppToken> BeforeInitializer(IReadOnlyList<CppToken> head) => head.TakeWhile(token => !token.IsMark("="));

    private static bool HasParameters(IReadOnlyList<CppToken> head) => ParameterList(head) >= 0;

    // The parenthesis behind a function's name.
    private static int ParameterList(IReadOnlyList<CppToken> head)
    {
        for (var i = 0; i < head.Count && (!head[i].IsMark("=") || (i > 0 && head[i - 1].Is("operator"))); i++)
        {
            if (head[i].IsWord && WithArguments.Contains(head[i].Text) && i + 1 < head.Count && head[i + 1].IsMark("(")) i = CppBrackets.End(head, i + 1) - 1;
            else if (head[i].IsMark("(")) return i;
            else if (head[i].IsMark("[")) i = CppBrackets.End(head, i) - 1;
        }

        return -1;
    }

    private static IEnumerable<string> NameOf(IReadOnlyList<CppToken> head)
    {
        var end = ParameterList(head);
        if (end < 0) end = head.ToList().FindIndex(token => token.IsMark("=") || token.IsMark("["));
        for (var i = (end < 0 ? head.Count : end) - 1; i >= 0; i--)
        {
            if (head[i].IsWord) return [head[i].Text];
        }

        return [];
    }
}
