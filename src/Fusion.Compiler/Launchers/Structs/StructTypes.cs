namespace Fusion.Compiler.Launchers;

/// <summary>Finds the types that a launcher takes: those of the project, of the source and its headers, and those that C# has.</summary>
/// <param name="declared">What the source and its headers declare.</param>
/// <param name="map">The types of the project and of C#.</param>
/// <param name="names">Names the types of the source.</param>
/// <param name="module">Name of the source's module.</param>
/// <param name="hasArrays">Whether the project's C# has arrays in structs.</param>
internal sealed class StructTypes(DeclaredTypes declared, TypeMap map, DeviceTypeNames names, string module, bool hasArrays)
{
    private const int MostBytes = 1 << 20;
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

    private (DeviceType? Type, string? Why) Lay(DeclaredStruct found)
    {
        if (found.Problem is not null) return (null, found.Problem);
        var fields = new List<DeviceField>();
        var (offset, size, alignment) = (0L, 0L, 1);
        foreach (var field in found.Fields)
        {
            if (Member(field, found.Name, out var why) is not var (csharp, elementSize, natural)) return (null, why);
            var count = 1L;
            foreach (var dimension in field.Dimensions)
            {
                if (declared.Evaluate(dimension) is not { } length || length is <= 0 or > MostBytes) return (null, $"has an array '{field.Name}' whose size, {dimension}, is not known");
                count *= length;
                if (count > MostBytes) return (null, $"has a member '{field.Name}' of more than a megabyte");
            }

            if (field.Dimensions.Count > 0 && !hasArrays) return (null, "has an array, which structs of the project's LangVersion do not have (12 or newer)");
            if (Alignment(field.Alignments, natural) is not { } needed) return (null, $"aligns '{field.Name}' in a way that is not understood");
            alignment = Math.Max(alignment, needed);
            offset = found.IsUnion ? 0 : Up(offset, needed);
            var bytes = elementSize * count;
            fields.Add(new DeviceField(field.Name, field.Type + string.Concat(field.Dimensions.Select(d => $"[{d}]")), csharp, (int)offset, (int)bytes, field.Dimensions.Count > 0 ? (int)count : 0));
            offset += bytes;
            size = Math.Max(size, offset);
            if (size > MostBytes) return (null, "has more than a megabyte");
        }

        if (Alignment(found.Alignments, alignment) is not { } whole) return (null, "is aligned in a way that is not understood");
        var total = (int)Up(size, whole);
        DeviceStruct? made = null;
        DeviceStruct Make(string csharp) => new(found.Name, csharp, total, whole, fields);
        var name = names.Add(found.Name, DeviceStruct.Shape(total, fields), module, csharp => made = Make(csharp));
        return (made ?? Make(name), null);
    }

    private (string CSharp, int Size, int Alignment)? Member(DeclaredField field, string scope, out string? why)
    {
        why = $"has a member '{field.Name}' of the type {field.Type}, which has no layout that is known";
        if (Shape(field.Type, scope) is not { } shape) return null;
        if (shape.Levels > 0) return (Pointer(Pointee(shape.Element, scope), shape.Levels), 8, 8);
        if (map.HasOwn(shape.Element)) return null;
        if (Own(shape.Element, scope) is var (own, reason))
        {
            if (own is not null) return (own.CSharp, own.Size, own.Alignment);
            why = $"has a member '{field.Name}' of the type {field.Type}, which {reason}";
            return null;
        }

        if (KnownTypes.Find(shape.Element) is not var (csharp, size)) return null;
        return (CSharpNames.GlobalType(csharp), size, KnownTypes.Alignment(csharp, size));
    }

    // A struct that holds a pointer to itself would be a type of C# that the run time cannot load.
    private string Pointee(string element, string scope)
    {
        if (DeclaredTypes.Find(declared.Structs, element, scope) is { } found && open.Contains(found.Name)) return "byte";
        if (!map.HasOwn(element) && Own(element, scope) is var (own, _)) return own?.CSharp ?? "byte";
        return map.ElementOf(element) ?? "byte";
    }

    private int? Alignment(IReadOnlyList<string> expressions, int natural)
    {
        foreach (var expression in expressions)
        {
            if (declared.Evaluate(expression) is not { } value || value is <= 0 or > 4096) return null;
            natural = Math.Max(natural, (int)value);
        }

        return natural;
    }

    private static long Up(long offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

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
