using System.Text;
using System.Text.RegularExpressions;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>A macro as a source defines it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Parameters">Names of its parameters; null if it takes none.</param>
/// <param name="IsVariadic">Whether the last parameter takes all arguments that are left.</param>
/// <param name="Body">What it stands for, on one line.</param>
internal sealed partial record MacroDefinition(string Name, IReadOnlyList<string>? Parameters, bool IsVariadic, string Body)
{
    private const string Rest = "__VA_ARGS__";

    /// <summary>The tokens of the body.</summary>
    public IReadOnlyList<CppToken> Tokens { get; } = CppTokenizer.Read(Body, startsLine: false);

    /// <summary>Reads a <c>#define</c>.</summary>
    /// <param name="directive">The directive, with all its lines.</param>
    /// <returns>Null if it defines nothing.</returns>
    public static MacroDefinition? Read(string directive)
    {
        var match = Define().Match(Splice().Replace(directive, " "));
        if (!match.Success) return null;
        var list = match.Groups["parameters"];
        string[]? parameters = list.Success
            ? [.. list.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(name => name == "..." ? Rest : name.TrimEnd('.', ' '))]
            : null;
        var isVariadic = list.Success && list.Value.TrimEnd().EndsWith("...", StringComparison.Ordinal);
        return new MacroDefinition(match.Groups["name"].Value, parameters, isVariadic, match.Groups["body"].Value.Trim());
    }

    /// <summary>The body with arguments in the places of the parameters.</summary>
    /// <param name="written">The arguments as they are written, for <c>#</c> and <c>##</c>.</param>
    /// <param name="expanded">The arguments, expanded, for all other places.</param>
    public string Replace(IReadOnlyList<string> written, IReadOnlyList<string> expanded)
    {
        var made = new StringBuilder();
        for (var i = 0; i < Tokens.Count; i++)
        {
            if (IsPaste(i))
            {
                TrimEnd(made);
                i++;
                // , ## __VA_ARGS__ is nothing where no argument is left.
                if (i + 1 < Tokens.Count && IsRest(Tokens[i + 1]) && Argument(Tokens[i + 1], written) is "" && made.Length > 0 && made[^1] == ',') made.Length--;
                continue;
            }

            var isPart = IsPaste(i + 1) || (i >= 2 && IsPaste(i - 2));
            if (Tokens[i].IsMark("#") && i + 1 < Tokens.Count && Argument(Tokens[i + 1], written) is { } quoted)
            {
                made.Append('"').Append(quoted.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append("\" ");
                i++;
            }
            else made.Append(Argument(Tokens[i], isPart ? written : expanded) ?? Body[Tokens[i].Start..Tokens[i].End]).Append(' ');
        }

        return made.ToString();
    }

    private bool IsRest(CppToken token) => IsVariadic && token.IsWord && token.Text == Parameters![^1];

    // ## is two marks side by side.
    private bool IsPaste(int i) => i >= 0 && i + 1 < Tokens.Count && Tokens[i].IsMark("#") && Tokens[i + 1].IsMark("#") && Tokens[i].End == Tokens[i + 1].Start;

    private string? Argument(CppToken token, IReadOnlyList<string> arguments)
    {
        if (!token.IsWord || Parameters is null) return null;
        var index = Parameters.ToList().IndexOf(token.Text);
        if (index < 0) return null;
        if (IsVariadic && index == Parameters.Count - 1) return string.Join(", ", arguments.Skip(index));
        return index < arguments.Count ? arguments[index] : "";
    }

    private static void TrimEnd(StringBuilder text)
    {
        while (text.Length > 0 && text[^1] == ' ') text.Length--;
    }

    [GeneratedRegex(@"\\[ \t]*\r?\n")]
    private static partial Regex Splice();

    [GeneratedRegex(@"^(?:#|%:)\s*define\s+(?<name>\w+)(?:\((?<parameters>[^)]*)\))?(?<body>.*)$", RegexOptions.Singleline)]
    private static partial Regex Define();
}
