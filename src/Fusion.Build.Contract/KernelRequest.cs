namespace Fusion.Build.Contract;

/// <summary>A source file to compile, with its metadata as the project wrote it, by name: only fusionc knows what a name means and
/// which values it allows.</summary>
public sealed class KernelRequest
{
    private readonly SortedDictionary<string, string> metadata = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Full path of the source.</summary>
    public string Source { get; set; } = "";

    /// <summary>Name of the module, and of its images without architecture and ending: <c>kernels/rms_norm</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Value of a metadata; "" if it is not set.</summary>
    /// <param name="name">Name of the metadata, as MSBuild compares it: in any case.</param>
    public string this[string name]
    {
        get => metadata.TryGetValue(name, out var value) ? value : "";
        set
        {
            if (value.Length == 0) metadata.Remove(name);
            else metadata[name] = value;
        }
    }

    /// <summary>The kernel as the fields of a line: source, name, then each metadata with its value.</summary>
    public string[] ToFields() => [Source, Name, .. metadata.SelectMany(pair => new[] { pair.Key, pair.Value })];

    /// <summary>Reads what <see cref="ToFields"/> gave.</summary>
    /// <param name="line">Fields of a line; the first one says what the line is about.</param>
    /// <exception cref="FormatException">The line has a metadata without a value, or no source.</exception>
    public static KernelRequest FromFields(string[] line)
    {
        const int Before = 3;
        if (line.Length < Before || (line.Length - Before) % 2 != 0) throw new FormatException($"a kernel with {line.Length} fields");
        var kernel = new KernelRequest { Source = line[1], Name = line[2] };
        for (var i = Before; i < line.Length; i += 2) kernel[line[i]] = line[i + 1];
        return kernel;
    }
}
