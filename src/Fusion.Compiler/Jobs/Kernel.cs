using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;

namespace Fusion.Compiler.Jobs;

/// <summary>A source to compile, with its metadata read and found valid.</summary>
internal sealed record Kernel
{
    private static readonly string[] IncludeOptions = ["--include-path", "-I"];

    /// <summary>Full path of the source.</summary>
    public required string Source { get; init; }

    /// <summary>Name of the module: <c>kernels/rms_norm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Full path of the project's folder, where NVRTC runs.</summary>
    public required string ProjectDirectory { get; init; }

    /// <summary>What to compile for.</summary>
    public required ArchitectureList Architectures { get; init; }

    /// <summary>The language: <c>c++17</c>.</summary>
    public required string Std { get; init; }

    /// <summary>Macros.</summary>
    public IReadOnlyList<string> Defines { get; init; } = [];

    /// <summary>Full paths of the kernel's own folders of headers.</summary>
    public IReadOnlyList<string> IncludePaths { get; init; } = [];

    /// <summary>The most registers a thread; null for no limit.</summary>
    public int? MaxRegisters { get; init; }

    /// <summary>Fast, less exact mathematics.</summary>
    public bool FastMath { get; init; }

    /// <summary>Source lines for profilers.</summary>
    public bool LineInfo { get; init; }

    /// <summary>Instantiations of templates.</summary>
    public IReadOnlyList<string> NameExpressions { get; init; } = [];

    /// <summary>More options.</summary>
    public IReadOnlyList<string> AdditionalOptions { get; init; } = [];

    /// <summary>The metadata whose values are those of the project's properties: <c>Std</c> if the kernel has what
    /// <c>FusionStd</c> says.</summary>
    public IReadOnlyCollection<string> OfProject { get; init; } = [];

    /// <summary>Whether the kernel has options of NVRTC by a metadata.</summary>
    public bool Has(string metadata) => metadata switch
    {
        nameof(Std) => true,
        nameof(Defines) => Defines.Count > 0,
        nameof(MaxRegisters) => MaxRegisters is not null,
        nameof(AdditionalOptions) => AdditionalOptions.Count > 0,
        _ => false,
    };

    /// <summary>What a user calls the metadata that has a mistake: the project's property, or the kernel's own metadata.</summary>
    public string NameOf(string metadata) => OfProject.Contains(metadata) ? $"Fusion{metadata}" : metadata;

    /// <summary>The file that a mistake in metadata is in: empty for the project, or the kernel's source.</summary>
    public string PlaceOf(params ReadOnlySpan<string> metadata)
    {
        foreach (var name in metadata)
        {
            if (!OfProject.Contains(name)) return Source;
        }

        return "";
    }

    /// <summary>The source as NVRTC, <c>__FILE__</c> and the manifest call it. Inside the project it is relative, so that
    /// images do not carry the machine's folders.</summary>
    public string ProgramName => InProject(Source);

    /// <summary>The options that come from the kernel's metadata, but for header folders.</summary>
    public IReadOnlyList<string> OwnOptions =>
    [
        $"-std={Std}",
        .. Defines.Select(d => $"-D{d}"),
        .. MaxRegisters is { } registers ? [$"-maxrregcount={registers.ToString(CultureInfo.InvariantCulture)}"] : Array.Empty<string>(),
        .. FastMath ? ["-use_fast_math"] : Array.Empty<string>(),
        .. LineInfo ? ["-lineinfo"] : Array.Empty<string>(),
        .. AdditionalOptions,
    ];

    /// <summary>A path as NVRTC gets it: relative with forward slashes inside the project, else full.</summary>
    public string InProject(string path)
    {
        var relative = Path.GetRelativePath(ProjectDirectory, path);
        var outside = Path.IsPathRooted(relative) || relative == ".." || relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        return outside ? path : relative.Replace('\\', '/');
    }

    /// <summary>Full paths of the folders of headers that <see cref="AdditionalOptions"/> name.</summary>
    public IReadOnlyList<string> OptionFolders
    {
        get
        {
            var folders = new List<string>();
            for (var i = 0; i < AdditionalOptions.Count; i++)
            {
                var option = AdditionalOptions[i];
                var name = IncludeOptions.FirstOrDefault(name => option.StartsWith(name, StringComparison.Ordinal));
                if (name is null) continue;
                var value = option[name.Length..].TrimStart('=', ' ');
                if (value.Length == 0 && i + 1 < AdditionalOptions.Count) value = AdditionalOptions[i + 1];
                if (value.Length > 0) folders.Add(PhysicalPath.Full(value, ProjectDirectory));
            }

            return folders;
        }
    }

    /// <summary>The full path of what NVRTC calls a file, for people: without <c>..</c> where that is the same file.</summary>
    public string FullPath(string nvrtcPath)
    {
        var full = PhysicalPath.Full(nvrtcPath, ProjectDirectory);
        var shorter = Path.GetFullPath(full);
        return shorter == full || PhysicalPath.Target(full) == PhysicalPath.Target(shorter) ? shorter : full;
    }
}
