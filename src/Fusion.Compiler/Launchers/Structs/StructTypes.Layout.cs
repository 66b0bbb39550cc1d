namespace Fusion.Compiler.Launchers;

/// <summary>Lays out structs as the compiler for the GPU does, which follows the rules of the host's: those of the Itanium C++ ABI.</summary>
internal sealed partial class StructTypes
{
    private const int MostBytes = 1 << 20;

    private readonly Dictionary<string, (Layout? Layout, string? Why)> layouts = new(StringComparer.Ordinal);
    private readonly HashSet<string> laying = new(StringComparer.Ordinal);

    private (DeviceType? Type, string? Why) Lay(DeclaredStruct found)
    {
        var (layout, why) = LayoutOf(found);
        if (layout is null) return (null, why);
        if (layout.IsEmpty) return (null, "has no members");
        DeviceStruct? made = null;
        DeviceStruct Make(string csharp) => new(found.Name, csharp, layout.Size, layout.Alignment, layout.Fields) { IsUnnamed = found.IsUnnamed };
        var name = names.Add(found.Name, DeviceStruct.Shape(layout.Size, layout.Fields), module, csharp => made = Make(csharp));
        return (made ?? Make(name), null);
    }

    private (Layout? Layout, string? Why) LayoutOf(DeclaredStruct found)
    {
        if (layouts.TryGetValue(found.Name, out var known)) return known;
        if (!laying.Add(found.Name)) return (null, "has itself as a member");
        var layout = new Layout(found.IsUnion) { Tail = found.Tail };
        var why = found.Problem ?? AddBases(found, layout) ?? found.Fields.Select(field => Add(field, found, layout)).FirstOrDefault(problem => problem is not null);
        // Neither would have a name of its own, and what the compiler makes of the address of a hidden one is wrong.
        if (why is null && layout.Fields.CountBy(field => field.Name).FirstOrDefault(pair => pair.Value > 1).Key is { } twice) why = $"has the member '{twice}' twice, by its bases";
        if (why is null && Alignment(found.Alignments, layout.Alignment) is var whole && !layout.Close(whole)) why = "is aligned in a way that is not understood";
        laying.Remove(found.Name);
        return layouts[found.Name] = why is null ? (layout, null) : (null, why);
    }

    private string? AddBases(DeclaredStruct found, Layout layout)
    {
        foreach (var written in found.Bases)
        {
            if (Shape(written, found.Name) is not { Levels: 0 } shape || map.HasOwn(shape.Element) || DeclaredTypes.Find(declared.Structs, shape.Element, found.Name) is not { } other)
                return $"derives from {written}, which is declared nowhere that launchers know";
            var (inner, why) = LayoutOf(other);
            if (inner is null) return $"derives from {written}, which {why}";
            if (!layout.Classes.Add(other.Name) || inner.Classes.Any(name => !layout.Classes.Add(name))) return $"derives from a struct twice, by {written}";
            if (inner.IsEmpty && inner.Alignment > 1) return $"derives from {written}, which is empty and aligned";
            if (inner.IsEmpty) continue;
            if (inner.HasTail && inner.Tail == TailUse.Unknown)
                return $"derives from {written}, behind whose members is padding, and whether that is used depends on the compiler";
            layout.AddBase(inner);
        }

        return null;
    }

    private string? Add(DeclaredField field, DeclaredStruct found, Layout layout)
    {
        if (field.Width is not null) return AddBits(field, found, layout);
        if (field.IsAnonymous) return AddAnonymous(field, found, layout);
        if (Member(field, found.Name, out var why) is not var (csharp, elementSize, natural, type)) return why;
        var count = 1L;
        foreach (var dimension in field.Dimensions)
        {
            if (declared.Evaluate(dimension) is not { } length || length is <= 0 or > MostBytes) return $"has an array '{field.Name}' whose size, {dimension}, is not known";
            count *= length;
            if (count > MostBytes) return $"has a member '{field.Name}' of more than a megabyte";
        }

        if (field.Dimensions.Count > 0 && !hasArrays) return "has an array, which structs of the project's LangVersion do not have (12 or newer)";
        if (Alignment(field.Alignments, natural) is not { } needed) return $"aligns '{field.Name}' in a way that is not understood";
        if (type is DeviceStruct { Name: { } name } && layouts.TryGetValue(name, out var inner) && inner.Layout is { } part)
        {
            // Two empty structs of a kind must not lie at one place.
            if (part.Classes.Append(name).Any(layout.Classes.Contains)) return $"has a member '{field.Name}' of a struct that it derives from too";
            layout.Tail = part.Tail > layout.Tail ? part.Tail : layout.Tail;
        }
        else if (field.Type.Contains("half", StringComparison.Ordinal) || field.Type.Contains("nv_", StringComparison.Ordinal) || field.Type == "dim3")
        {
            // They have constructors.
            layout.Tail = layout.Tail == TailUse.Kept ? TailUse.Unknown : layout.Tail;
        }

        var whole = type is DeviceStruct { IsUnnamed: true } unnamed ? unnamed : null;
        var spelled = (whole is null ? field.Type : "struct { … }") + string.Concat(field.Dimensions.Select(d => $"[{d}]"));
        var at = layout.Place(elementSize * count, needed);
        layout.Fields.Add(new DeviceField(field.Name, spelled, csharp, (int)at, (int)(elementSize * count), field.Dimensions.Count > 0 ? (int)count : 0)
        {
            Unnamed = whole,
            Dimensions = field.Dimensions.Count,
        });
        return layout.Size > MostBytes ? "has more than a megabyte" : null;
    }

    // Its members are members of the struct around it.
    private string? AddAnonymous(DeclaredField field, DeclaredStruct found, Layout layout)
    {
        if (DeclaredTypes.Find(declared.Structs, field.Type, found.Name) is not { } part) return "has a struct without a name that is not understood";
        var (inner, why) = LayoutOf(part);
        if (inner is not { IsEmpty: false } laid) return $"has a struct without a name, which {why ?? "has no members"}";
        var at = layout.Place(laid.Size, laid.Alignment);
        layout.Tail = laid.Tail > layout.Tail ? laid.Tail : layout.Tail;
        layout.Fields.AddRange(laid.Fields.Select(one => one with { Offset = one.Offset + (int)at }));
        return null;
    }

    private string? AddBits(DeclaredField field, DeclaredStruct found, Layout layout)
    {
        // Compilers of Windows start a number with each type, and nothing checks which bits a field has.
        if (OperatingSystem.IsWindows()) return "has bit fields, whose places differ on Windows";
        var what = field.Name.Length > 0 ? $"a bit field '{field.Name}'" : "a bit field without a name";
        if (Member(field, found.Name, out var why) is not var (csharp, size, _, type)) return why;
        var number = (type as DeviceEnum)?.Underlying ?? csharp;
        // Of an enumeration that names no type, or one with a sign, compilers read the uppermost bit in different ways.
        if (number is not ("bool" or "sbyte" or "byte" or "short" or "ushort" or "int" or "uint" or "long" or "ulong"))
            return $"has {what} of the type {field.Type}, which is no whole number";
        if (type is DeviceEnum && (number is "sbyte" or "short" or "int" or "long")) return $"has {what} of an enumeration whose numbers have a sign, {field.Type}";
        if (declared.Evaluate(field.Width!) is not { } width || width < 0 || width > size * 8 || (width == 0 && field.Name.Length > 0))
            return $"has {what} whose width, {field.Width}, is not known";
        var at = layout.PlaceBits((int)width, size, isNamed: field.Name.Length > 0);
        if (field.Name.Length == 0) return null;
        var unit = size switch { 1 => "byte", 2 => "ushort", 4 => "uint", _ => "ulong" };
        layout.Fields.Add(new DeviceField(field.Name, $"{field.Type} : {width}", csharp, (int)(at / (size * 8) * size), size, 0)
        {
            Bits = new BitPlace((int)(at % (size * 8)), (int)width, unit, number is "sbyte" or "short" or "int" or "long"),
            BitType = field.Type,
        });
        return null;
    }

    private (string CSharp, int Size, int Alignment, DeviceType? Type)? Member(DeclaredField field, string scope, out string? why)
    {
        var isUnnamed = field.Type.StartsWith(DeclaredStruct.Unnamed, StringComparison.Ordinal);
        why = $"has a member '{field.Name}' of the type {field.Type}, which has no layout that is known";
        if (Shape(field.Type, scope) is not { } shape) return null;
        if (shape.Levels > 0) return (Pointer(Pointee(shape.Element, scope), shape.Levels), 8, 8, null);
        if (map.HasOwn(shape.Element)) return null;
        if (Own(shape.Element, scope) is var (own, reason))
        {
            if (own is not null) return (own.CSharp, own.Size, own.Alignment, own);
            why = isUnnamed ? $"has a member '{field.Name}' of a struct without a name, which {reason}" : $"has a member '{field.Name}' of the type {field.Type}, which {reason}";
            return null;
        }

        if (KnownTypes.Find(shape.Element) is not var (csharp, size)) return null;
        return (CSharpNames.GlobalType(csharp), size, KnownTypes.Alignment(csharp, size), null);
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
}
