using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>A struct or union as a source declares it.</summary>
/// <param name="Name">Name with its namespaces and the structs around it: <c>my::Particle</c>.</param>
internal sealed record DeclaredStruct(string Name)
{
    /// <summary>Whether all members lie at offset 0.</summary>
    public bool IsUnion { get; init; }

    /// <summary>Start of the name of one that has none in the source.</summary>
    public const string Unnamed = "unnamed$";

    /// <summary>Whether it has no name in the source.</summary>
    public bool IsUnnamed => Name[(Name.LastIndexOf(':') + 1)..].StartsWith(Unnamed, StringComparison.Ordinal);

    /// <summary>The structs that it derives from, as they are written, in order.</summary>
    public List<string> Bases { get; } = [];

    /// <summary>Members that take room, in order.</summary>
    public List<DeclaredField> Fields { get; init; } = [];

    /// <summary>What is known of the bytes behind its members, where it is a base.</summary>
    public TailUse Tail { get; set; }

    /// <summary>The expressions of <c>alignas</c> and <c>__align__</c>.</summary>
    public List<string> Alignments { get; init; } = [];

    /// <summary>What keeps it from being a struct of C#; null if nothing does.</summary>
    public string? Problem { get; set; }
}

/// <summary>A member that takes room.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Type of the member, or of an array's elements.</param>
/// <param name="Dimensions">Text between the brackets of each dimension.</param>
/// <param name="Alignments">The expressions of <c>alignas</c> and <c>__align__</c>.</param>
internal sealed record DeclaredField(string Name, string Type, IReadOnlyList<string> Dimensions, IReadOnlyList<string> Alignments)
{
    /// <summary>Expression of the width of a bit field; null for other members.</summary>
    public string? Width { get; init; }

    /// <summary>Whether it is an unnamed struct or union whose members are members of the struct around it.</summary>
    public bool IsAnonymous { get; init; }
}

/// <summary>What becomes of the padding at the end of a struct from which another one derives.</summary>
internal enum TailUse
{
    /// <summary>It stays padding: the struct is plain data.</summary>
    Kept,

    /// <summary>It depends on what the compiler takes for plain data.</summary>
    Unknown,

    /// <summary>The members of the other one begin in it.</summary>
    Reused,
}

/// <summary>An enumeration as a source declares it.</summary>
/// <param name="Name">Name with its namespaces.</param>
/// <param name="Underlying">The type that it names; null without.</param>
/// <param name="IsScoped">Whether its values need its name: <c>enum class</c>.</param>
/// <param name="Values">Name and expression of each value; no expression counts on.</param>
internal sealed record DeclaredEnum(string Name, string? Underlying, bool IsScoped, IReadOnlyList<(string Name, string? Expression)> Values)
{
    /// <summary>What keeps it from being an enumeration of C#; null if nothing does.</summary>
    public string? Problem { get; set; }
}

/// <summary>The types and constants that a source and its headers declare outside of functions.</summary>
internal sealed class DeclaredTypes
{
    /// <summary>Structs by name.</summary>
    public Dictionary<string, DeclaredStruct> Structs { get; } = new(StringComparer.Ordinal);

    /// <summary>Enumerations by name.</summary>
    public Dictionary<string, DeclaredEnum> Enums { get; } = new(StringComparer.Ordinal);

    /// <summary>Types by the other names that <c>using</c> and <c>typedef</c> give them.</summary>
    public Dictionary<string, string> Aliases { get; } = new(StringComparer.Ordinal);

    /// <summary>Expressions of constants and macros without parameters by name; empty where there are several.</summary>
    public Dictionary<string, string> Constants { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the declarations of texts.</summary>
    /// <param name="texts">Texts of the headers and the source.</param>
    /// <param name="defines">The macros of the metadata, <c>NAME</c> or <c>NAME=VALUE</c>, split by semicolons.</param>
    public static DeclaredTypes Read(IEnumerable<string> texts, string defines)
    {
        var types = new DeclaredTypes();
        foreach (var text in texts) new TypeReader(text, types).Read();
        foreach (var define in defines.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = define.Split('=', 2);
            types.AddConstant(parts[0].Trim(), parts.Length > 1 ? parts[1] : "1");
        }

        return types;
    }

    /// <summary>Adds a struct; of two with one name, neither counts.</summary>
    public void Add(DeclaredStruct declared)
    {
        if (!Structs.TryAdd(declared.Name, declared)) Structs[declared.Name].Problem ??= "is declared several times";
    }

    /// <summary>Adds an enumeration; of two with one name, neither counts.</summary>
    public void Add(DeclaredEnum declared)
    {
        if (!Enums.TryAdd(declared.Name, declared)) Enums[declared.Name].Problem ??= "is declared several times";
    }

    /// <summary>Adds a constant; where it has two values, none counts.</summary>
    public void AddConstant(string name, string expression)
    {
        if (Constants.TryAdd(name, expression)) return;
        if (Constants[name] != expression) Constants[name] = "";
    }

    /// <summary>Adds another name of a type; where it has two meanings, none counts.</summary>
    public void AddAlias(string name, string type)
    {
        if (Aliases.TryAdd(name, type)) return;
        if (Aliases[name] != type) Aliases[name] = "";
    }

    /// <summary>Finds what a name means in a scope: there, then in each scope around it.</summary>
    /// <param name="names">What is declared.</param>
    /// <param name="name">Name as it is written.</param>
    /// <param name="scope">Namespaces and structs around the place: <c>my::inner</c>.</param>
    public static T? Find<T>(Dictionary<string, T> names, string name, string scope)
        where T : class
    {
        for (var around = scope; ; around = around[..Math.Max(around.LastIndexOf("::", StringComparison.Ordinal), 0)])
        {
            if (names.TryGetValue(around.Length > 0 ? $"{around}::{name}" : name, out var found)) return found;
            if (around.Length == 0) break;
        }

        // A using directive may leave namespaces out.
        var ending = "::" + name;
        return names.Where(pair => pair.Key.EndsWith(ending, StringComparison.Ordinal)).Take(2).ToArray() is [var only] ? only.Value : null;
    }

    /// <summary>The value of an expression of whole numbers.</summary>
    /// <param name="expression">The expression.</param>
    /// <returns>Null if it has anything but numbers, known constants and arithmetic.</returns>
    public long? Evaluate(string expression) => new ConstantExpression(this).Evaluate(CppTokenizer.Read(expression));
}
