using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Reads declarations of types and constants, and the members of structs.</summary>
/// <param name="types">Gets what is found.</param>
internal sealed class MemberReader(DeclaredTypes types)
{
    private static readonly string[] Classes = ["struct", "class", "union"];

    /// <summary>Reads a declaration outside of structs.</summary>
    /// <param name="statement">Tokens of the declaration, without directives.</param>
    /// <param name="scope">Namespaces and structs around it.</param>
    /// <param name="problem">What keeps a struct in this place from being one of C#; null if nothing does.</param>
    public void Read(IReadOnlyList<CppToken> statement, string scope, string? problem)
    {
        if (statement.Count == 0) return;
        if (statement[0].Is("template") && statement.Count > 1 && statement[1].IsMark("<"))
        {
            var rest = statement.Slice(CppBrackets.AngleEnd(statement, 1) ?? statement.Count, statement.Count);
            if (IsBodyOfClass(rest, out _, out _)) ReadClass(rest, scope, "is a template");
        }
        else if (statement[0].Is("using"))
        {
            if (statement is [_, { IsWord: true } name, { Text: "=" }, ..])
                types.AddAlias(Qualified(scope, name.Text), TypeSpelling.Of(WithoutEnd(statement.Slice(3, statement.Count))));
        }
        else if (EnumAt(statement) is >= 0 and var start)
        {
            EnumReader.Read(types, statement, start, scope, problem);
        }
        else if (IsBodyOfClass(statement, out _, out _))
        {
            ReadClass(statement, scope, problem);
        }
        else if (statement[0].Is("typedef"))
        {
            foreach (var variable in VariableDeclaration.Read(statement, 1, out _).Where(one => one.Dimensions.Count == 0))
                types.AddAlias(Qualified(scope, variable.Name), variable.ElementType);
        }
        else
        {
            ReadConstant(statement, scope);
        }
    }

    private static int EnumAt(IReadOnlyList<CppToken> statement)
    {
        var at = statement[0].Is("typedef") ? 1 : 0;
        return at < statement.Count && statement[at].Is("enum") ? at : -1;
    }

    // constexpr int N = 4; and static const int N = 4;
    private void ReadConstant(IReadOnlyList<CppToken> statement, string scope)
    {
        var equals = statement.ToList().FindIndex(token => token.IsMark("="));
        if (equals < 2 || !statement[equals - 1].IsWord || !statement.Take(equals).Any(token => token.IsWord && token.Text is "constexpr" or "const")) return;
        if (statement.Take(equals).Any(token => token.IsMark("(") || token.IsMark("[") || token.IsMark("*"))) return;
        types.AddConstant(Qualified(scope, statement[equals - 1].Text), string.Join(' ', WithoutEnd(statement.Slice(equals + 1, statement.Count)).Select(token => token.Text)));
    }

    private static bool IsBodyOfClass(IReadOnlyList<CppToken> statement, out int keyword, out int body)
    {
        keyword = statement.Count > 0 && statement[0].Is("typedef") ? 1 : 0;
        body = -1;
        while (keyword < statement.Count && statement[keyword].IsWord && statement[keyword].Text is "static" or "const" or "extern" or "volatile") keyword++;
        if (keyword >= statement.Count || Array.IndexOf(Classes, statement[keyword].Text) < 0) return false;
        for (var i = keyword; i < statement.Count && !statement[i].IsMark(";") && !statement[i].IsMark("="); i++)
        {
            if (statement[i].IsMark("(") && !(statement[i - 1].IsWord && statement[i - 1].Text is "alignas" or "__align__" or "__attribute__")) return false;
            if (statement[i].IsMark("(")) i = CppBrackets.End(statement, i) - 1;
            else if (statement[i].IsMark("{")) body = i;
            if (body >= 0) return true;
        }

        return false;
    }

    // Returns the name; empty for one without.
    private string ReadClass(IReadOnlyList<CppToken> statement, string scope, string? problem, string unnamed = "")
    {
        IsBodyOfClass(statement, out var keyword, out var body);
        var head = statement.Slice(keyword + 1, body);
        var close = CppBrackets.End(statement, body);
        var alignments = FieldReader.Alignments(head);
        var named = FieldReader.WithoutAlignments(head).TakeWhile(token => !token.IsMark(":")).Where(token => token.IsWord && token.Text != "final").ToList();
        var behind = statement.Slice(close, statement.Count).Where(token => token.IsWord).Select(token => token.Text).ToList();
        var isTypedef = statement[0].Is("typedef");
        var name = named.Count == 1 ? named[0].Text : isTypedef && behind.Count > 0 ? behind[0] : unnamed;
        if (name.Length == 0) return "";
        var declared = new DeclaredStruct(Qualified(scope, name))
        {
            IsUnion = statement[keyword].Is("union"),
            Alignments = alignments,
            Problem = problem ?? (head.Concat(statement.Slice(close, statement.Count)).Any(token => token.Is("__attribute__")) ? "has an __attribute__" : null),
        };
        var isPrivate = statement[keyword].Is("class");
        declared.Problem ??= BaseReader.Read(head, declared.Bases, isPrivate);
        if (declared.Bases.Count > 0) declared.Tail = TailUse.Reused;
        if (isTypedef)
        {
            foreach (var other in behind.Where(other => other != name)) types.AddAlias(Qualified(scope, other), declared.Name);
        }

        ReadMembers(statement.Slice(body + 1, close - 1), declared, isPrivate);
        types.Add(declared);
        return declared.Name;
    }

    private void ReadMembers(IReadOnlyList<CppToken> body, DeclaredStruct declared, bool isPrivate)
    {
        for (var i = 0; i < body.Count;)
        {
            if (body[i].IsWord && body[i].Text is "public" or "private" or "protected" && i + 1 < body.Count && body[i + 1].IsMark(":"))
            {
                isPrivate = body[i].Text != "public";
                i += 2;
                continue;
            }

            var end = Statement.End(body, i, body.Count);
            var member = body.Slice(i, end);
            i = end;
            if (member is [{ Text: ";" }]) continue;
            if (TailOf(member, declared.Name) is var tail && tail > declared.Tail) declared.Tail = tail;
            if (member[0].IsWord && member[0].Text is "using" or "typedef" or "template" or "friend" or "static_assert")
            {
                if (member[0].Text is "using" or "typedef") Read(member, declared.Name, declared.Problem);
            }
            else if (member.Any(token => token.Is("virtual"))) declared.Problem ??= "has virtual functions";
            else if (member[0].Is("static")) ReadConstant(member, declared.Name);
            else if (IsBodyOfClass(member, out _, out _) || member[0].Is("enum")) ReadNested(member, declared);
            else if (!FieldReader.IsFunction(member))
            {
                if (isPrivate) declared.Problem ??= "has private members";
                declared.Problem ??= FieldReader.Read(member, declared.Fields);
            }
        }
    }

    // A type in a struct, which may have members of that type behind it.
    private void ReadNested(IReadOnlyList<CppToken> member, DeclaredStruct declared)
    {
        var body = member.ToList().FindIndex(token => token.IsMark("{"));
        var close = body < 0 ? member.Count : CppBrackets.End(member, body);
        var fields = member.Slice(close, member.Count);
        var hasFields = fields is not ([{ Text: ";" }] or []);
        var name = body > 1 ? FieldReader.WithoutAlignments(member.Slice(1, body)).TakeWhile(token => !token.IsMark(":"))
            .FirstOrDefault(token => token.IsWord && token.Text is not ("class" or "struct" or "final")) : default;
        if (name.Text is { Length: > 0 } || member[0].Is("enum") || body < 0)
        {
            Read(member, declared.Name, declared.Problem);
            if (body >= 0 && !hasFields) return;
            declared.Problem ??= name.Text is null or "" ? "has a member whose type has no name" : FieldReader.Read([name, .. fields], declared.Fields);
            return;
        }

        var own = hasFields ? fields.FirstOrDefault(token => token.IsWord).Text : $"{declared.Fields.Count}";
        name = new CppToken(CppTokenKind.Word, DeclaredStruct.Unnamed + own);
        ReadClass(member, declared.Name, declared.Problem, name.Text);
        if (hasFields) declared.Problem ??= FieldReader.Read([name, .. fields], declared.Fields);
        else if (!member[0].Is("union")) declared.Problem ??= "has a struct that neither its own name nor a member's names, which NVRTC leaves out";
        else declared.Fields.Add(new DeclaredField("", name.Text, [], FieldReader.Alignments(member.Slice(0, body))) { IsAnonymous = true });
    }

    // Plain data is what C++03 takes for it: nothing that makes, copies or ends it, and no values of its own. Of what was plain data to C++11
    // alone, compilers disagree.
    private static TailUse TailOf(IReadOnlyList<CppToken> member, string type)
    {
        if (member[0].Is("static")) return TailUse.Kept;
        var name = type[(type.LastIndexOf(':') + 1)..];
        for (var i = 0; i + 1 < member.Count && !member[i].IsMark("{"); i++)
        {
            if (member[i].IsMark("=") || (member[i].Is("operator") && member[i + 1].IsMark("="))) return TailUse.Unknown;
            if (!member[i].Is(name) || !member[i + 1].IsMark("(")) continue;
            var isUsual = member.Any(token => token.IsWord && token.Text is "default" or "delete") || member[0].Is("template") || (i > 0 && member[i - 1].IsMark("~"));
            return isUsual ? TailUse.Unknown : TailUse.Reused;
        }

        return !IsBodyOfClass(member, out _, out _) && !member[0].Is("enum") && !FieldReader.IsFunction(member) && member.Any(token => token.IsMark("{"))
            ? TailUse.Unknown : TailUse.Kept;
    }

    private static IReadOnlyList<CppToken> WithoutEnd(IReadOnlyList<CppToken> statement) =>
        statement.Count > 0 && statement[^1].IsMark(";") ? statement.Slice(0, statement.Count - 1) : statement;

    private static string Qualified(string scope, string name) => scope.Length > 0 ? $"{scope}::{name}" : name;
}
