namespace Fusion.Build.Contract;

/// <summary>All that a finished run of fusionc depended on, made and said. fusionc writes it last, and only when it
/// succeeded, so what is in it is whole. As long as <see cref="WhyStale"/> finds nothing, there is nothing to do.</summary>
public sealed class BuildState
{
    private const string Header = "fusion-state";
    private const string Version = "1";

    /// <summary>Hash of the request's text.</summary>
    public string RequestHash { get; set; } = "";

    /// <summary>Environment variables that were read, with their values; an unset one has the value "".</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Sources, headers, libraries of the compiler, and paths where one of them was looked for in vain.</summary>
    public List<FileStamp> Inputs { get; } = [];

    /// <summary>Files to embed, each with the name of its resource.</summary>
    public List<KeyValuePair<FileStamp, string>> Outputs { get; } = [];

    /// <summary>Warnings, to be said again in each build that has nothing to do.</summary>
    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>Writes the state, whole or not at all.</summary>
    /// <param name="path">Path of the state file.</param>
    public void Write(string path)
    {
        var lines = new List<string> { Record.Join(Header, Version), Record.Join("request", RequestHash) };
        lines.AddRange(Variables.Select(v => Record.Join("variable", v.Key, v.Value)));
        lines.AddRange(Inputs.Select(i => Record.Join(["input", .. i.ToFields()])));
        lines.AddRange(Outputs.Select(o => Record.Join(["output", o.Value, .. o.Key.ToFields()])));
        lines.AddRange(Diagnostics.Select(d => Record.Join("diagnostic", d.ToLine())));
        lines.Add("end");

        var part = path + ".part";
        File.WriteAllLines(part, lines);
        if (File.Exists(path)) File.Delete(path);
        File.Move(part, path);
    }

    /// <summary>Reads a state file.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>Null if there is none, or none that this version can read: then all is to be done.</returns>
    public static BuildState? Read(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return null;
        }

        if (lines.Length < 2 || lines[0] != Record.Join(Header, Version) || lines[lines.Length - 1] != "end") return null;
        var state = new BuildState();
        try
        {
            foreach (var line in lines.Skip(1).Take(lines.Length - 2)) state.Add(Record.Split(line));
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or OverflowException)
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

        var changed = Inputs.Concat(Outputs.Select(o => o.Key)).FirstOrDefault(stamp => !stamp.IsCurrent());
        return changed is null ? null : $"'{changed.Path}' changed";
    }

    private void Add(string[] f)
    {
        switch (f[0])
        {
            case "request": RequestHash = f[1]; break;
            case "variable": Variables[f[1]] = f[2]; break;
            case "input": Inputs.Add(FileStamp.FromFields(f, 1)); break;
            case "output": Outputs.Add(new(FileStamp.FromFields(f, 2), f[1])); break;
            case "diagnostic" when Diagnostic.TryParse(f[1]) is { } diagnostic: Diagnostics.Add(diagnostic); break;
            default: throw new FormatException(f[0]);
        }
    }
}
