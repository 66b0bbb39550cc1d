namespace Fusion.Compiler.Launchers;

/// <summary>Finds the types that a launcher takes: those of the project, of the source and its headers, and those that C# has.</summary>
/// <param name="declared">What the source and its headers declare.</param>
/// <param name="map">The types of the project and of C#.</param>
/// <param name="names">Names the types of the source.</param>
/// <param name="module">Name of the source's module.</param>
/// <param name="hasArrays">Whether the project's C# has arrays in structs.</param>
internal sealed partial class StructTypes(DeclaredTypes declared, TypeMap map, DeviceTypeNames names, string module, bool hasArrays)
{
    private const int DeepestAlias = 16;

    private readonly Dictionary<string, (DeviceType? Type, string? Why)> known = new(StringComparer.Ordinal);
    private readonly HashSet<string> open = new(StringComparer.Ordinal);

    /// <summary>The types of the source that are used, each behind those that it is made of.</summary>
    public List<DeviceType> Used { get; } = [];

    /// <summary>Finds the type of a parameter or variable.</summary>
    /// <param name="type">Spelling in C++.</param>
    /// <param name="scope">Namespaces around the place.</param>
    /// <param name="why">Why the source's type is none in C#; null if it has no such type.</param>
    /// <returns>Null if there is none.</returns>
    public LauncherType? Find(string type, string scope, out string? why)
    {
        why = null;
        if (Shape(type, scope) is not { } shape) return map.Find(type);
        if (!map.HasOwn(shape.Element) && Own(shape.Element, scope) is var (own, reason))
        {
            why = reason;
            if (own is null) return null;
            if (shape.Levels > 0) return new(Pointer(own.CSharp, shape.Levels), "8", ArgumentPassing.Converted);
            return new(own.CSharp, $"{own.Size}", own is DeviceEnum ? ArgumentPassing.Value : ArgumentPassing.Address);
        }

        return map.Find(shape.Element + new string('*', shape.Levels));
    }

    private static string Pointer(string element, int levels)
    {
        for (var level = 0; level < levels; level++) element = $"{TypeMap.Pointer}<{element}>";
        return element;
    }

    // With what using and typedef stand for.
    private PointerShape? Shape(string type, string scope)
    {
        var shape = PointerShape.Of(type);
        for (var n = 0; n < DeepestAlias && shape is not null; n++)
        {
            if (map.HasOwn(shape.Element) || DeclaredTypes.Find(declared.Structs, shape.Element, scope) is not null) return shape;
            if (DeclaredTypes.Find(declared.Aliases, shape.Element, scope) is not { Length: > 0 } other || other == shape.Element) return shape;
            shape = PointerShape.Of(other) is { } inner ? inner with { Levels = inner.Levels + shape.Levels } : null;
        }

        return shape;
    }

    private (DeviceType? Type, string? Why)? Own(string element, string scope)
    {
        if (DeclaredTypes.Find(declared.Structs, element, scope) is { } found) return Once(found.Name, () => Lay(found));
        if (DeclaredTypes.Find(declared.Enums, element, scope) is { } values) return Once(values.Name, () => Number(values));
        return null;
    }

    private (DeviceType? Type, string? Why) Once(string name, Func<(DeviceType? Type, string? Why)> make)
    {
        if (known.TryGetValue(name, out var result)) return result;
        if (!open.Add(name)) return (null, "has itself as a member");
        result = make();
        open.Remove(name);
        if (result.Type is not null) Used.Add(result.Type);
        return known[name] = result;
    }

    // A struct that holds a pointer to itself would be a type of C# that the run time cannot load.
    private string Pointee(string element, string scope)
    {
        if (DeclaredTypes.Find(declared.Structs, element, scope) is { } found && open.Contains(found.Name)) return "byte";
        if (!map.HasOwn(element) && Own(element, scope) is var (own, _)) return own?.CSharp ?? "byte";
        return map.ElementOf(element) ?? "byte";
    }

    private (DeviceType? Type, string? Why) Number(DeclaredEnum found)
    {
        if (found.Problem is not null) return (null, found.Problem);
        var scope = found.Name[..Math.Max(found.Name.LastIndexOf("::", StringComparison.Ordinal), 0)];
        var values = new List<(string Name, long Value)>();
        var next = 0L;
        foreach (var (name, expression) in found.Values)
        {
            if (expression is not null)
            {
                if (declared.Evaluate(expression) is not { } value) return (null, $"has a value '{name}' that is not known");
                next = value;
            }

            values.Add((name, next++));
        }

        // NVRTC takes int where that holds all values.
        var isSigned = found.IsScoped || values.All(value => value.Value <= int.MaxValue);
        var underlying = found.Underlying ?? (isSigned ? "int" : "unsigned int");
        if (Shape(underlying, scope) is not { Levels: 0 } shape || KnownTypes.Find(shape.Element) is not var (csharp, size)
            || csharp is not ("sbyte" or "byte" or "short" or "ushort" or "int" or "uint" or "long" or "ulong")) return (null, "has numbers of a type that is not known");
        if (found.Underlying is null && values.Any(value => value.Value is > uint.MaxValue or < int.MinValue)) return (null, "has values of more than 32 bits");
        var prefix = found.IsScoped ? $"::{found.Name}::" : scope.Length > 0 ? $"::{scope}::" : "::";
        DeviceEnum? made = null;
        DeviceEnum Make(string full) => new(found.Name, full, size, csharp, prefix, values);
        var added = names.Add(found.Name, $"enum {csharp} {string.Join(", ", values)}", module, full => made = Make(full));
        return (made ?? Make(added), null);
    }
}
