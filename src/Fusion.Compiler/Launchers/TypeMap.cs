using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Finds for a type of C++ the one that a launcher takes.</summary>
internal sealed class TypeMap
{
    /// <summary>A pointer in C#, without its element.</summary>
    public const string Pointer = "global::Fusion.Runtime.DevicePointer";
    private const string Byte = "byte";

    private readonly List<(string Name, string CSharp)> own = [];

    /// <summary>Creates the map of a project.</summary>
    /// <param name="types">The project's own types: name in C++, full name in C#, or nothing to pass it by its bytes.</param>
    public TypeMap(IEnumerable<KeyValuePair<string, string>> types)
    {
        foreach (var (name, csharp) in types)
        {
            if (PointerShape.Of(TypeSpelling.Of(CppTokenizer.Read(name))) is { } shape) own.Add((shape.Element, csharp.Trim()));
        }
    }

    /// <summary>Finds a parameter's type.</summary>
    /// <param name="type">Spelling in C++: <c>const float*</c>.</param>
    /// <returns>Null if there is none.</returns>
    public LauncherType? Find(string type)
    {
        if (PointerShape.Of(type) is not { } shape) return null;
        if (shape.Levels > 0) return Pointee(shape) is { } pointer ? new(pointer, "8", ArgumentPassing.Converted) : null;
        if (FindOwn(shape.Element) is { } mapped)
        {
            if (mapped.Length == 0) return LauncherType.Untyped;
            var csharp = CSharpNames.GlobalType(mapped);
            return new(csharp, $"global::System.Runtime.CompilerServices.Unsafe.SizeOf<{csharp}>()", ArgumentPassing.Address);
        }

        if (KnownTypes.Find(shape.Element) is not var (known, size)) return null;
        var passing = known.EndsWith(".TensorMap", StringComparison.Ordinal) ? ArgumentPassing.Address : known is "sbyte" or "byte" or "short" or "ushort" || known.Contains("Vector", StringComparison.Ordinal)
            || known.Contains(".Float8", StringComparison.Ordinal) ? ArgumentPassing.Value : ArgumentPassing.Converted;
        return new(CSharpNames.GlobalType(known), $"{size}", passing);
    }

    /// <summary>Whether the project names the C# type of a type, or says that bytes are wanted.</summary>
    /// <param name="element">Name in C++.</param>
    public bool HasOwn(string element) => FindOwn(element) is not null;

    /// <summary>The C# type of what a pointer leads to.</summary>
    /// <param name="element">Name in C++.</param>
    /// <returns>Null if there is none.</returns>
    public string? ElementOf(string element)
    {
        var mapped = element == "void" ? Byte : FindOwn(element) ?? KnownTypes.Find(element)?.CSharp;
        return mapped is null ? null : CSharpNames.GlobalType(mapped.Length == 0 ? Byte : mapped);
    }

    private string? Pointee(PointerShape shape)
    {
        if (ElementOf(shape.Element) is not { } type) return null;
        for (var level = 0; level < shape.Levels; level++) type = $"{Pointer}<{type}>";
        return type;
    }

    // The source may leave out namespaces that it is in.
    private string? FindOwn(string name)
    {
        var exact = own.FindIndex(type => type.Name == name);
        if (exact >= 0) return own[exact].CSharp;
        var ending = "::" + name;
        return own.FirstOrDefault(type => type.Name.EndsWith(ending, StringComparison.Ordinal)).CSharp;
    }
}
