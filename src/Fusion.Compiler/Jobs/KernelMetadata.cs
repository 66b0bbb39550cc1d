using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;

namespace Fusion.Compiler.Jobs;

/// <summary>The metadata of a kernel item, read by name into types. A value that is not allowed is reported: as a mistake of the
/// project where the kernel has it from the project's property, so that it is one mistake however many kernels there are.</summary>
/// <param name="kernel">The kernel as the project wrote it.</param>
/// <param name="defaults">What the project's properties say for every kernel that says nothing else.</param>
/// <param name="report">Gets every mistake.</param>
internal sealed class KernelMetadata(KernelRequest kernel, KernelRequest defaults, Action<Diagnostic> report)
{
    /// <summary>Whether no mistake was found so far.</summary>
    public bool IsValid { get; private set; } = true;

    /// <summary>What a user calls a metadata that has a mistake: the project's property, or the kernel's own metadata.</summary>
    public string NameOf(string name) => IsOfProject(name) ? $"Fusion{name}" : name;

    /// <summary>The file that a mistake in metadata is in: empty for the project, or the kernel's source.</summary>
    public string PlaceOf(IEnumerable<string> names) => names.All(IsOfProject) ? "" : kernel.Source;

    /// <summary>Reports a mistake in a metadata.</summary>
    /// <param name="code">Code of the mistake.</param>
    /// <param name="name">Name of the metadata.</param>
    /// <param name="message">What is wrong, to follow the name.</param>
    public void Reject(string code, string name, string message)
    {
        report(new Diagnostic(DiagnosticSeverity.Error, code, $"{NameOf(name)} {message}", PlaceOf([name])));
        IsValid = false;
    }

    /// <summary>The parts of a list that semicolons separate, without blanks around them.</summary>
    public string[] List(string name) =>
        kernel[name].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The text of a metadata; "" where nothing is said.</summary>
    public string Text(string name) => kernel[name];

    /// <summary>The text of a metadata as a type that reads itself.</summary>
    /// <param name="name">Name of the metadata.</param>
    /// <param name="parse">Reads the text.</param>
    public T Parsed<T>(string name, Func<string, T> parse) => parse(kernel[name]);

    /// <summary>True or false; false where nothing is said.</summary>
    public bool Flag(string name)
    {
        var text = kernel[name];
        if (text.Length == 0) return false;
        if (bool.TryParse(text, out var flag)) return flag;
        Reject(Codes.Metadata, name, $"is '{text}'; expected true or false.");
        return false;
    }

    /// <summary>A number, or null for no limit.</summary>
    public int? Number(string name, int least, int most)
    {
        var text = kernel[name];
        if (text.Length == 0) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        Reject(Codes.Metadata, name, $"is '{text}'; expected a number from {least} to {most}, or nothing for no limit.");
        return null;
    }

    /// <summary>One of some words; a default where nothing is said.</summary>
    public string OneOf(string name, string otherwise, IReadOnlyList<string> words)
    {
        var text = kernel[name].Length > 0 ? kernel[name] : otherwise;
        if (!words.Contains(text)) Reject(Codes.Metadata, name, $"is '{text}'; expected one of {string.Join(", ", words)}.");
        return text;
    }

    /// <summary>Architectures to compile for.</summary>
    public ArchitectureList Architectures(string name)
    {
        var list = ArchitectureList.Parse(kernel[name], out var problem);
        if (problem.Length > 0) Reject(Codes.ArchitectureSyntax, name, $"is '{kernel[name]}'. {problem}");
        return list;
    }

    /// <summary>Options of NVRTC that no other metadata is for.</summary>
    /// <param name="name">Name of the metadata.</param>
    /// <param name="reserved">The options that other metadata are for.</param>
    /// <param name="instead">Names of these.</param>
    public string[] Options(string name, IReadOnlyList<string> reserved, IReadOnlyList<string> instead)
    {
        var options = List(name);
        foreach (var option in options.Where(option => reserved.Contains(option.Split('=')[0])))
        {
            var names = instead.Select(other => IsOfProject(name) ? $"Fusion{other}" : other).ToArray();
            Reject(Codes.Metadata, name, $"has '{option}'; use {string.Join(", ", names[..^1])} or {names[^1]} instead.");
        }

        return options;
    }

    private bool IsOfProject(string name) => kernel[name].Length > 0 && kernel[name] == defaults[name];
}
