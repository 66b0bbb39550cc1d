using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Reads an enumeration.</summary>
internal static class EnumReader
{
    /// <summary>Reads a declaration.</summary>
    /// <param name="types">Gets the enumeration, and the values of one whose values need no name before them.</param>
    /// <param name="statement">Tokens of the declaration.</param>
    /// <param name="start">Index of <c>enum</c>.</param>
    /// <param name="scope">Namespaces and structs around it.</param>
    /// <param name="problem">What keeps it from being one of C#; null if nothing does.</param>
    public static void Read(DeclaredTypes types, IReadOnlyList<CppToken> statement, int start, string scope, string? problem)
    {
        var body = statement.ToList().FindIndex(token => token.IsMark("{"));
        if (body < 0) return;
        var close = CppBrackets.End(statement, body);
        var head = statement.Slice(start + 1, body);
        var isScoped = head is [{ Text: "class" or "struct" }, ..];
        if (isScoped) head = head.Slice(1, head.Count);
        var colon = head.ToList().FindIndex(token => token.IsMark(":"));
        var name = head is [{ IsWord: true } own, ..] ? own.Text
            : start > 0 ? statement.Slice(close, statement.Count).FirstOrDefault(token => token.IsWord).Text ?? "" : "";
        var prefix = scope.Length > 0 ? scope + "::" : "";
        var values = CppBrackets.SplitAtCommas(statement.Slice(body + 1, close - 1)).Where(value => value.Count > 0 && value[0].IsWord)
            .Select(value => (value[0].Text, value.Count > 2 && value[1].IsMark("=") ? string.Join(' ', value.Skip(2).Select(token => token.Text)) : null))
            .ToArray();
        AddConstants(types, prefix, values);
        if (name.Length == 0) return;
        var underlying = colon >= 0 ? TypeSpelling.Of(head.Slice(colon + 1, head.Count)) : null;
        types.Add(new DeclaredEnum(prefix + name, underlying, isScoped, values) { Problem = problem });
    }

    private static void AddConstants(DeclaredTypes types, string prefix, IReadOnlyList<(string Name, string? Expression)> values)
    {
        var (last, since) = ("0", 0);
        foreach (var (name, expression) in values)
        {
            if (expression is not null) (last, since) = (expression, 0);
            types.AddConstant(prefix + name, since == 0 ? last : $"({last}) + {since}");
            since++;
        }
    }
}
