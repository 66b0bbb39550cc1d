namespace Fusion.Build.Contract;

/// <summary>A source file to compile, with its metadata as the project wrote it, by name: only fusionc knows what a name means and
/// which values it allows.</summary>
public sealed class KernelRequest
{
    // In the names' order. Two lists of strings, which the runtime has machine code for: a sorted dictionary costs each build its compilation.
    private readonly List<string> names = [];
    private readonly List<string> values = [];

    /// <summary>Full path of the source.</summary>
    public string Source { get; set; } = "";

    /// <summary>Name of the module, and of its images without architecture and ending: <c>kernels/rms_norm</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Value of a metadata; "" if it is not set.</summary>
    /// <param name="name">Name of the metadata, as MSBuild compares it: in any case.</param>
    public string this[string name]
    {
        get => Find(name) is >= 0 and var at ? values[at] : "";
        set
        {
            var at = Find(name);
            if (at >= 0 && value.Length > 0) values[at] = value;
            else if (at >= 0)
            {
                names.RemoveAt(at);
                values.RemoveAt(at);
            }
            else if (value.Length > 0)
            {
                names.Insert(~at, name);
                values.Insert(~at, value);
            }
        }
    }

    /// <summary>The kernel as the fields of a line: source, name, then each metadata with its value.</summary>
    public string[] ToFields()
    {
        var fields = new string[2 + (2 * names.Count)];
        (fields[0], fields[1]) = (Source, Name);
        for (var i = 0; i < names.Count; i++) (fields[2 + (2 * i)], fields[3 + (2 * i)]) = (names[i], values[i]);
        return fields;
    }

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

    private int Find(string name) => names.BinarySearch(name, StringComparer.OrdinalIgnoreCase);
}
