namespace Fusion.Build.Contract;

/// <summary>The launchers of a project that fusionc writes in one run: C# that calls kernels with typed arguments.</summary>
public sealed class LauncherRequest
{
    private const string Header = "fusion-launchers";
    private const string Version = "2";

    /// <summary>Full path of the project's folder. Relative paths of the request start there.</summary>
    public string ProjectDirectory { get; set; } = "";

    /// <summary>Full path of the C# file to write.</summary>
    public string OutputFile { get; set; } = "";

    /// <summary>Full path of the file that fusionc writes last (<see cref="BuildState"/>).</summary>
    public string StateFile { get; set; } = "";

    /// <summary>Namespace of the launchers; empty for none.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Name of the class that holds them.</summary>
    public string ClassName { get; set; } = "";

    /// <summary>The version of C# that must understand them, as the property <c>LangVersion</c> has it; empty for the newest.</summary>
    public string LangVersion { get; set; } = "";

    /// <summary>Whether a source that cannot be read is an error; where the kernels are compiled too, it is one there.</summary>
    public bool ReportsSources { get; set; }

    /// <summary>Types of C++ by name, each with its type in C#; empty to pass it by its bytes.</summary>
    public List<KeyValuePair<string, string>> Types { get; } = [];

    /// <summary>The kernels, in the project's order, with the metadata <c>Defines</c> and <c>NameExpressions</c>.</summary>
    public List<KernelRequest> Kernels { get; } = [];

    /// <summary>The request as text; equal requests give equal text.</summary>
    public string ToText()
    {
        var lines = new List<string>
        {
            Record.Join(Header, Version),
            Record.Join(nameof(ProjectDirectory), ProjectDirectory),
            Record.Join(nameof(OutputFile), OutputFile),
            Record.Join(nameof(StateFile), StateFile),
            Record.Join(nameof(Namespace), Namespace),
            Record.Join(nameof(ClassName), ClassName),
            Record.Join(nameof(LangVersion), LangVersion),
            Record.Join(nameof(ReportsSources), ReportsSources ? "true" : "false"),
        };
        foreach (var type in Types) lines.Add(Record.Join(nameof(Types), type.Key, type.Value));
        lines.AddRange(Kernels.Select(kernel => Record.Join([nameof(Kernels), .. kernel.ToFields()])));
        return string.Join("\n", lines) + "\n";
    }

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <param name="text">The whole text.</param>
    /// <exception cref="FormatException">The text is no request, or one of another version of the SDK.</exception>
    public static LauncherRequest Parse(string text)
    {
        var lines = text.Split(['\n'], StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || lines[0] != Record.Join(Header, Version))
        {
            throw new FormatException($"expected '{Header} {Version}' in the first line, found '{lines.FirstOrDefault()}'");
        }

        var request = new LauncherRequest();
        foreach (var line in lines.Skip(1)) request.Set(Record.Split(line));
        return request;
    }

    private void Set(string[] f)
    {
        switch (f[0])
        {
            case nameof(ProjectDirectory): ProjectDirectory = f[1]; break;
            case nameof(OutputFile): OutputFile = f[1]; break;
            case nameof(StateFile): StateFile = f[1]; break;
            case nameof(Namespace): Namespace = f[1]; break;
            case nameof(ClassName): ClassName = f[1]; break;
            case nameof(LangVersion): LangVersion = f[1]; break;
            case nameof(ReportsSources): ReportsSources = f[1] == "true"; break;
            case nameof(Types) when f.Length == 3: Types.Add(new(f[1], f[2])); break;
            case nameof(Kernels): Kernels.Add(KernelRequest.FromFields(f)); break;
            default: throw new FormatException($"unknown line '{f[0]}' with {f.Length} fields");
        }
    }
}
