using System.Text;

namespace Fusion.Build.Contract;

/// <summary>All that a finished run of fusionc depended on, made and said. fusionc writes it last, and only when it
/// succeeded, so what is in it is whole. As long as <see cref="WhyStale"/> finds nothing, there is nothing to do.</summary>
/// <remarks>The state of an earlier run stays until the next good run replaces it. It does no harm: it is current only if all
/// inputs and all images are again what they were then.</remarks>
public sealed class BuildState
{
    private const string Header = "fusion-state";
    private const string Version = "4";
    private const string End = "end";

    /// <summary>Hash of the request's text.</summary>
    public string RequestHash { get; set; } = "";

    /// <summary>Environment variables that were read, with their values; an unset one has the value "".</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Sources, headers, libraries of the compiler, and paths where one of them was looked for.</summary>
    public List<FileStamp> Inputs { get; } = [];

    /// <summary>Full paths of the files that an editor watches beside the sources: headers, and what sources and headers that are
    /// links lead to.</summary>
    public List<string> Watched { get; } = [];

    /// <summary>Files to embed, each with the name of its resource.</summary>
    public List<KeyValuePair<FileStamp, string>> Outputs { get; } = [];

    /// <summary>Warnings, to be said again in each build that has nothing to do.</summary>
    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>The state as text. Its last line has the hash of the others, so that no damage goes unnoticed.</summary>
    public string ToText()
    {
        var lines = new List<string> { Record.Join(Header, Version), Record.Join("request", RequestHash) };
        lines.AddRange(Variables.Select(v => Record.Join("variable", v.Key, v.Value)));
        lines.AddRange(Inputs.Select(i => Record.Join("input", i.Path, i.Held, i.Identity)));
        lines.AddRange(Watched.Select(path => Record.Join("watched", path)));
        lines.AddRange(Outputs.Select(o => Record.Join("output", o.Value, o.Key.Path, o.Key.Held)));
        lines.AddRange(Diagnostics.Select(d => d.ToLine()));
        var text = string.Join("\n", lines) + "\n";
        return text + Record.Join(End, Hash.Of(text)) + "\n";
    }

    /// <summary>Reads a state file.</summary>
    /// <param name="path">Path.</param>
    /// <returns>Null if there is none, or none that this version can read: then all is to be done.</returns>
    public static BuildState? Read(string path)
    {
        try
        {
            // Another fusionc may replace the file just now, which Windows allows only if readers do.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new BinaryReader(file);
            return Parse(reader.ReadBytes((int)file.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <param name="bytes">The whole text as UTF-8.</param>
    /// <returns>Null if it is anything else.</returns>
    public static BuildState? Parse(byte[] bytes)
    {
        // Each build comes here, so neither the text, which is long with many kernels, nor a line is copied.
        var text = Encoding.UTF8.GetString(bytes);
        var end = text.LastIndexOf('\n' + End + '\t', StringComparison.Ordinal) + 1;
        if (end <= 0) return null;
        // One byte a character, or else it is no hash.
        var last = text.Substring(end);
        if (last != Record.Join(End, Hash.Of(bytes, bytes.Length - last.Length)) + "\n") return null;
        var first = text.IndexOf('\n');
        if (text.Substring(0, first) != Record.Join(Header, Version)) return null;
        var state = new BuildState();
        try
        {
            for (int at = first + 1, next; at < end; at = next + 1)
            {
                next = text.IndexOf('\n', at);
                state.Add(Record.Split(text, at, next));
            }
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException)
        {
            return null;
        }

        return state;
    }

    /// <summary>Why fusionc has to run; null if it need not.</summary>
    /// <param name="requestHash">Hash of the request that would be made now.</param>
    public string? WhyStale(string requestHash)
    {
        if (requestHash != RequestHash) return "the kernels' list or options changed";
        foreach (var variable in Variables)
        {
            if ((Environment.GetEnvironmentVariable(variable.Key) ?? "") != variable.Value)
            {
                return $"the environment variable {variable.Key} changed";
            }
        }

        // No LINQ over pairs: the runtime has no machine code for it, so each build would compile it.
        foreach (var input in Inputs)
        {
            if (!input.IsCurrent()) return Changed(input);
        }

        foreach (var output in Outputs)
        {
            if (!output.Key.IsCurrent()) return Changed(output.Key);
        }

        return null;
        static string Changed(FileStamp stamp) => $"'{stamp.Path}' changed";
    }

    private void Add(string[] f)
    {
        switch (f[0])
        {
            case "request": RequestHash = f[1]; break;
            case "variable": Variables[f[1]] = f[2]; break;
            case "input": Inputs.Add(FileStamp.Of(f[1], f[2], f[3])); break;
            case "watched": Watched.Add(f[1]); break;
            case "output": Outputs.Add(new(FileStamp.Of(f[2], f[3]), f[1])); break;
            default:
                Diagnostics.Add(Diagnostic.TryRead(f) ?? throw new FormatException(f[0]));
                break;
        }
    }
}
