namespace Fusion.Compiler.Launchers;

/// <summary>A type of a source that C# gets too.</summary>
/// <param name="Name">Name in C++: <c>my::Particle</c>.</param>
/// <param name="CSharp">Full name in C#.</param>
/// <param name="Size">Size in bytes on the GPU.</param>
/// <param name="Alignment">Alignment in bytes on the GPU.</param>
internal abstract record DeviceType(string Name, string CSharp, int Size, int Alignment)
{
    /// <summary>Name in C# alone.</summary>
    public string ShortName => CSharp[(CSharp.LastIndexOf('.') + 1)..];
}

/// <summary>A struct or union with the layout of the GPU.</summary>
/// <param name="Name">Name in C++.</param>
/// <param name="CSharp">Full name in C#.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Alignment">Alignment in bytes.</param>
/// <param name="Fields">Members, in order.</param>
internal sealed record DeviceStruct(string Name, string CSharp, int Size, int Alignment, IReadOnlyList<DeviceField> Fields)
    : DeviceType(Name, CSharp, Size, Alignment)
{
    /// <summary>Text that is the same for structs that are the same for C#.</summary>
    public static string Shape(int size, IEnumerable<DeviceField> fields) =>
        $"{size} {string.Join("; ", fields.Select(field => $"{field.CSharp}[{field.Count}] {field.Name} {field.Offset} {field.Bits}"))}";

    /// <summary>Whether it has no name in the source: then <see cref="DeviceType.Name"/> is of the member that has it.</summary>
    public bool IsUnnamed { get; init; }
}

/// <summary>A member of a struct.</summary>
/// <param name="Name">Name in C++.</param>
/// <param name="Type">Type in C++, with the dimensions of an array.</param>
/// <param name="CSharp">Type in C# of the member, or of an array's elements.</param>
/// <param name="Offset">Offset in bytes.</param>
/// <param name="Size">Size in bytes, of the whole array.</param>
/// <param name="Count">Number of an array's elements; 0 for a single value.</param>
internal sealed record DeviceField(string Name, string Type, string CSharp, int Offset, int Size, int Count)
{
    /// <summary>Which bits it has; null where it has whole bytes.</summary>
    public BitPlace? Bits { get; init; }

    /// <summary>Type in C++ of a bit field; null for other members.</summary>
    public string? BitType { get; init; }

    /// <summary>Number of dimensions of an array.</summary>
    public int Dimensions { get; init; }

    /// <summary>The type without a name that it, or each of its elements, has; null for others.</summary>
    public DeviceStruct? Unnamed { get; init; }
}

/// <summary>The bits of a bit field in a number that lies at the member's offset.</summary>
/// <param name="First">Number of bits below it.</param>
/// <param name="Width">Number of its bits.</param>
/// <param name="Unit">Type of the number in C#, without a sign.</param>
/// <param name="IsSigned">Whether the uppermost of its bits is a sign.</param>
internal sealed record BitPlace(int First, int Width, string Unit, bool IsSigned);

/// <summary>An enumeration.</summary>
/// <param name="Name">Name in C++.</param>
/// <param name="CSharp">Full name in C#.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Underlying">Type of its numbers in C#.</param>
/// <param name="Prefix">What stands before a value's name in C++.</param>
/// <param name="Values">Values by name.</param>
internal sealed record DeviceEnum(string Name, string CSharp, int Size, string Underlying, string Prefix, IReadOnlyList<(string Name, long Value)> Values)
    : DeviceType(Name, CSharp, Size, Size);

/// <summary>Gives the types of all sources of a project their names in C#, and collects them.</summary>
/// <param name="prefix">What stands before a name: <c>global::MyApp.Kernels.Types.</c>.</param>
internal sealed class DeviceTypeNames(string prefix)
{
    private readonly Dictionary<string, string> given = new(StringComparer.Ordinal);
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private readonly List<DeviceType> all = [];

    /// <summary>The types to write, each once.</summary>
    public IReadOnlyList<DeviceType> All => all;

    /// <summary>Names a type. Equal types of several modules, such as those of a common header, are one.</summary>
    /// <param name="name">Name in C++.</param>
    /// <param name="shape">What tells it from others of that name.</param>
    /// <param name="module">Name of the module.</param>
    /// <param name="make">Makes the type of its full name in C#.</param>
    public string Add(string name, string shape, string module, Func<string, DeviceType> make)
    {
        var key = $"{name} {shape}";
        if (given.TryGetValue(key, out var known)) return known;
        var plain = name.Replace(DeclaredStruct.Unnamed, "", StringComparison.Ordinal);
        var parts = plain.Split("::");
        // One without a name is named by its member, and leaves short names to those that have one.
        var last = plain == name ? parts[^1] : string.Join(' ', parts.TakeLast(2));
        string[] forms = [CSharpNames.Pascal(last), CSharpNames.Pascal(plain), CSharpNames.Pascal($"{Path.GetFileName(module)} {plain}")];
        var chosen = forms.FirstOrDefault(form => form.Length > 0 && !taken.Contains(form)) ?? forms[^1];
        for (var number = 2; !taken.Add(chosen); number++) chosen = $"{forms[^1]}_{number}";
        given[key] = prefix + chosen;
        all.Add(make(prefix + chosen));
        return prefix + chosen;
    }
}
