namespace Fusion.Compiler.Launchers;

/// <summary>Writes the types of the sources as C#.</summary>
internal static class StructWriter
{
    private const string Interop = "global::System.Runtime.InteropServices.";

    /// <summary>Writes the class of all types.</summary>
    /// <param name="text">The file.</param>
    /// <param name="types">The types.</param>
    public static void Write(CSharpText text, IReadOnlyList<DeviceType> types)
    {
        if (types.Count == 0) return;
        text.Line();
        text.Line("/// <summary>The structs and enumerations of the kernels' sources, with their layout on the GPU.</summary>");
        text.Open("public static partial class Types");
        for (var i = 0; i < types.Count; i++)
        {
            if (i > 0) text.Line();
            if (types[i] is DeviceStruct one) Write(text, one);
            else Write(text, (DeviceEnum)types[i]);
        }

        text.Close();
    }

    private static void Write(CSharpText text, DeviceStruct type)
    {
        var name = type.Name.Replace(DeclaredStruct.Unnamed, "", StringComparison.Ordinal);
        text.Doc("summary", $"The struct {(type.IsUnnamed ? "without a name of " : "")}<c>{CSharpText.Xml(name)}</c>, of {type.Size} bytes.");
        text.Line($"[{Interop}StructLayout({Interop}LayoutKind.Explicit, Size = {type.Size})]");
        text.Open($"public partial struct {CSharpNames.Escape(type.ShortName)}");
        var fieldNames = Names(type.Fields.Select(field => field.Name), type.ShortName);
        var taken = fieldNames.ToHashSet(StringComparer.Ordinal);
        var units = new Dictionary<(int Offset, string Unit), string>();
        for (var i = 0; i < type.Fields.Count; i++)
        {
            var field = type.Fields[i];
            if (field.Bits is { } bits)
            {
                if (i > 0) text.Line();
                WriteBits(text, field, bits, fieldNames[i], units, taken);
                continue;
            }

            var array = fieldNames[i] + "Array";
            while (field.Count > 0 && !taken.Add(array)) array += "_";
            if (i > 0) text.Line();
            text.Doc("summary", $"<c>{CSharpText.Xml($"{field.Type} {field.Name}")}</c>");
            text.Line($"[{Interop}FieldOffset({field.Offset})]");
            text.Line($"public {(field.Count > 0 ? array : field.CSharp)} {fieldNames[i]};");
            if (field.Count == 0) continue;
            text.Line();
            text.Doc("summary", $"The {field.Count} elements of <see cref=\"{fieldNames[i]}\"/>.");
            text.Line($"[global::System.Runtime.CompilerServices.InlineArray({field.Count})]");
            text.Open($"public struct {array}");
            text.Line($"private {field.CSharp} element;");
            text.Close();
        }

        text.Close();
    }

    // C# has no bit fields: a property for each, and a field for each number that has them.
    private static void WriteBits(
        CSharpText text, DeviceField field, BitPlace bits, string name, Dictionary<(int Offset, string Unit), string> units, HashSet<string> taken)
    {
        if (!units.TryGetValue((field.Offset, bits.Unit), out var unit))
        {
            unit = $"bits{field.Offset}Of{CSharpNames.Pascal(bits.Unit)}";
            while (!taken.Add(unit)) unit += "_";
            units[(field.Offset, bits.Unit)] = unit;
            text.Line($"[{Interop}FieldOffset({field.Offset})]");
            text.Line($"private {bits.Unit} {unit};");
            text.Line();
        }

        var (up, down) = (64 - bits.First - bits.Width, 64 - bits.Width);
        var mask = $"0x{ulong.MaxValue >> down:x}UL";
        var number = bits.IsSigned ? $"(long)((ulong){unit} << {up}) >> {down}" : $"((ulong){unit} << {up}) >> {down}";
        var (read, written) = field.CSharp == "bool" ? ($"(({number}) != 0)", "(value ? 1UL : 0UL)") : ($"(({field.CSharp})({number}))", "(ulong)value");
        text.Doc("summary", $"<c>{CSharpText.Xml($"{field.BitType} {field.Name} : {bits.Width}")}</c>");
        text.Open($"public {field.CSharp} {name}");
        text.Line($"readonly get => unchecked({read});");
        text.Line($"set => {unit} = unchecked(({bits.Unit})(((ulong){unit} & ~({mask} << {bits.First})) | (({written} & {mask}) << {bits.First})));");
        text.Close();
    }

    private static void Write(CSharpText text, DeviceEnum type)
    {
        text.Doc("summary", $"The enumeration <c>{CSharpText.Xml(type.Name)}</c>.");
        text.Open($"public enum {CSharpNames.Escape(type.ShortName)} : {type.Underlying}");
        var valueNames = Names(type.Values.Select(value => value.Name), "");
        for (var i = 0; i < valueNames.Count; i++)
        {
            text.Doc("summary", $"<c>{CSharpText.Xml(type.Values[i].Name)}</c>");
            text.Line($"{valueNames[i]} = {type.Values[i].Value},");
        }

        text.Close();
    }

    // A member cannot have the name of its type, nor one that all types have.
    private static List<string> Names(IEnumerable<string> names, string type)
    {
        var given = new List<string>();
        var taken = new HashSet<string>(["Equals", "GetHashCode", "GetType", "ToString", "MemberwiseClone", "ReferenceEquals", "Finalize"], StringComparer.Ordinal);
        foreach (var name in names)
        {
            var plain = CSharpNames.Pascal(name);
            if (plain.Length == 0 || plain == type || taken.Contains(plain)) plain += "Value";
            var unique = plain;
            for (var number = 2; !taken.Add(unique); number++) unique = $"{plain}_{number}";
            given.Add(unique);
        }

        return given;
    }
}
