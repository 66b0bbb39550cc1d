using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Jobs;

/// <summary>A source to compile. Each metadata of a kernel item is a property here, which says how its text is read and what it
/// may be; one that is an option of NVRTC stands in <see cref="OptionsByMetadata"/> too.</summary>
/// <param name="source">Full path of the source.</param>
/// <param name="name">Name of the module: <c>kernels/rms_norm</c>.</param>
/// <param name="projectDirectory">Full path of the project's folder, where NVRTC runs.</param>
/// <param name="metadata">The metadata.</param>
internal sealed class Kernel(string source, string name, string projectDirectory, KernelMetadata metadata)
{
    private const string DefaultStandard = "c++17";

    private const string IgnoreHostCode = "Ignore";

    private const string WherePossible = "auto";

    /// <summary>The word for no precompiled headers.</summary>
    public const string Never = "false";

    private static readonly string[] DefaultDevice = ["default-device", "device-as-default-execution-space"];
    private static readonly string[] Standards = ["c++03", "c++11", "c++14", "c++17", "c++20"];
    // NVRTC takes what it precompiled for any source that begins alike, whatever its folder and whether a header changed since.
    private static readonly string[] Precompiling = ["pch", "create-pch", "create_pch", "use-pch", "use_pch", "pch-dir", "pch_dir"];
    private static readonly string[] ReservedOptions = ["-arch", "--gpu-architecture", "-std", "--std", "-maxrregcount", "--maxrregcount", .. Precompiling.SelectMany(name => new[] { $"-{name}", $"--{name}" })];

    /// <summary>Full path of the source.</summary>
    public string Source => source;

    /// <summary>Name of the module: <c>kernels/rms_norm</c>.</summary>
    public string Name => name;

    /// <summary>Full path of the project's folder, where NVRTC runs.</summary>
    public string ProjectDirectory => projectDirectory;

    /// <summary>The metadata by name, for messages about them.</summary>
    public KernelMetadata Metadata => metadata;

    /// <summary>Architectures to compile for.</summary>
    public ArchitectureList Architectures { get; } = metadata.Architectures(nameof(Architectures));

    /// <summary>Version of C++: <c>c++17</c>.</summary>
    public string Std { get; } = metadata.OneOf(nameof(Std), DefaultStandard, Standards);

    /// <summary>Macros, <c>NAME</c> or <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Defines { get; } = metadata.List(nameof(Defines));

    /// <summary>Full paths of the kernel's own folders of headers.</summary>
    public IReadOnlyList<string> IncludePaths { get; } = metadata.Parsed(nameof(IncludePaths), text => IncludeFolders.OfPaths(text, projectDirectory));

    /// <summary>The most registers that a thread may use; null for no limit.</summary>
    public int? MaxRegisters { get; } = metadata.Number(nameof(MaxRegisters), 1, 255);

    /// <summary>Whether mathematics may be faster and less exact.</summary>
    public bool FastMath { get; } = metadata.Flag(nameof(FastMath));

    /// <summary>Whether images have source lines, for profilers.</summary>
    public bool LineInfo { get; } = metadata.Flag(nameof(LineInfo));

    /// <summary>Whether images are for a debugger: nothing is optimized.</summary>
    public bool Debug { get; } = metadata.Flag(nameof(Debug));

    /// <summary>Whether spilled registers are a warning.</summary>
    public bool WarnOnSpills { get; } = metadata.Flag(nameof(WarnOnSpills));

    /// <summary>What to do with code for the host: <c>Ignore</c> leaves it out, <c>Error</c> gives it to NVRTC, which refuses it.</summary>
    public string HostCode { get; } = metadata.OneOf(nameof(HostCode), IgnoreHostCode, [IgnoreHostCode, "Error"]);

    /// <summary>Whether code for the host is left out. Not where all that says nothing is to be for the GPU.</summary>
    public bool LeavesHostCodeOut => HostCode == IgnoreHostCode && !AdditionalOptions.Any(option => DefaultDevice.Contains(option.TrimStart('-')));

    /// <summary>Whether headers that several kernels begin with are read once: <c>auto</c>, <c>true</c> or <c>false</c>.</summary>
    public string PrecompiledHeaders { get; } = metadata.OneOf(nameof(PrecompiledHeaders), WherePossible, [WherePossible, "true", Never]);

    /// <summary>Whether the source is for others to include and is not compiled alone.</summary>
    public bool HeaderOnly { get; } = metadata.Flag(nameof(HeaderOnly));

    /// <summary>Whether the project says that the source is compiled, also where another one includes it.</summary>
    public bool IsCompiledAlone => string.Equals(metadata.Text(nameof(HeaderOnly)), "false", StringComparison.OrdinalIgnoreCase);

    /// <summary>Instantiations of templates to compile.</summary>
    public IReadOnlyList<string> NameExpressions { get; } = metadata.Parsed(nameof(NameExpressions), NameExpression.Split);

    /// <summary>Options of NVRTC as the project writes them.</summary>
    public IReadOnlyList<string> AdditionalOptions { get; } = metadata.Options(
        nameof(AdditionalOptions), ReservedOptions, [nameof(Architectures), nameof(Std), nameof(MaxRegisters), nameof(PrecompiledHeaders)]);

    /// <summary>NVRTC's options by the metadata that ask for them, without folders of headers and architecture.</summary>
    public IReadOnlyList<(string Metadata, string[] Options)> OptionsByMetadata =>
    [
        (nameof(Std), [$"-std={Std}"]),
        (nameof(Defines), [.. Defines.Select(define => $"-D{define}")]),
        (nameof(MaxRegisters), MaxRegisters is { } most ? [$"-maxrregcount={most.ToString(CultureInfo.InvariantCulture)}"] : []),
        (nameof(FastMath), FastMath ? ["-use_fast_math"] : []),
        // The assembler warns of both: debug information has the lines.
        (nameof(LineInfo), LineInfo && !Debug ? ["-lineinfo"] : []),
        (nameof(Debug), Debug ? ["-G"] : []),
        (nameof(AdditionalOptions), [.. AdditionalOptions]),
    ];

    /// <summary>NVRTC's options that come from the kernel's metadata, without folders of headers and architecture.</summary>
    public IReadOnlyList<string> OwnOptions => [.. OptionsByMetadata.SelectMany(one => one.Options)];

    /// <summary>The source as NVRTC, <c>__FILE__</c> and the manifest call it. Inside the project it is relative, so that
    /// images do not carry the machine's folders.</summary>
    public string ProgramName => InProject(Source);

    /// <summary>A path as NVRTC gets it: relative with forward slashes inside the project, else full.</summary>
    public string InProject(string path)
    {
        var relative = Path.GetRelativePath(ProjectDirectory, path);
        var outside = Path.IsPathRooted(relative) || relative == ".." || relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        return outside ? path : relative.Replace('\\', '/');
    }

    /// <summary>Full paths of the folders of headers that <see cref="AdditionalOptions"/> name.</summary>
    public IReadOnlyList<string> OptionFolders => IncludeFolders.OfOptions(AdditionalOptions, ProjectDirectory);

    /// <summary>Full paths of all folders of headers that the kernel itself names.</summary>
    public IReadOnlyList<string> OwnFolders => [.. IncludePaths, .. OptionFolders];

    /// <summary>The full path of what NVRTC calls a file, for people: without <c>..</c> where that is the same file.</summary>
    public string FullPath(string nvrtcPath)
    {
        var full = PhysicalPath.Full(nvrtcPath, ProjectDirectory);
        var shorter = Path.GetFullPath(full);
        return shorter == full || PhysicalPath.Target(full) == PhysicalPath.Target(shorter) ? shorter : full;
    }
}
