using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Nvrtc;

namespace Fusion.Compiler.Jobs;

/// <summary>What all jobs of a run share.</summary>
/// <param name="Toolchain">NVRTC and its headers.</param>
/// <param name="Contents">Reads sources and headers.</param>
/// <param name="FusionIncludePath">Folder of the SDK's own headers; empty if there is none.</param>
/// <param name="OutputDirectory">Full path of the folder for images.</param>
/// <param name="KeepsRecords">Whether jobs write and use records.</param>
/// <param name="NvrtcIdentity">Hashes of NVRTC's libraries; null if they are not known.</param>
internal sealed record JobSetup(
    Toolchain Toolchain, FileContents Contents, string FusionIncludePath, string OutputDirectory, bool KeepsRecords,
    string? NvrtcIdentity)
{
    private static readonly string CompilerId = typeof(JobSetup).Module.ModuleVersionId.ToString("n");

    /// <summary>NVRTC for people: <c>NVRTC 12.4</c>.</summary>
    public string NvrtcName => $"NVRTC {Toolchain.Library.Version}";

    /// <summary>The folders of headers of a kernel, in the order they are searched, all full.</summary>
    public IReadOnlyList<string> IncludeFolders(Kernel kernel)
    {
        string[] standing = [FusionIncludePath, Toolchain.IncludePath ?? ""];
        return [.. kernel.IncludePaths.Concat(standing.Where(f => f.Length > 0).Select(Path.TrimEndingDirectorySeparator))];
    }

    /// <summary>NVRTC's options for a job. NVRTC's defaults for both of the first differ from version to version.</summary>
    public IReadOnlyList<string> Options(CompileJob job) =>
    [
        ArchitectureOption(job),
        .. Toolchain.StandingOptions,
        .. IncludeFolders(job.Kernel).Select(f => $"-I{job.Kernel.InProject(f)}"),
        // Last, so that one that lacks its value cannot take another's place.
        .. job.Kernel.OwnOptions,
    ];

    /// <summary>NVRTC's options for a job, but for its folders of headers.</summary>
    public IReadOnlyList<string> OptionsWithoutFolders(CompileJob job) => [ArchitectureOption(job), .. Toolchain.StandingOptions, .. job.Kernel.OwnOptions];

    /// <summary>Looks for a kernel's headers where NVRTC does: in the folders of headers, then in those of its own options.
    /// </summary>
    public IncludeSearch NewSearch(Kernel kernel) =>
        new([.. IncludeFolders(kernel), .. kernel.OptionFolders], Contents, kernel.OwnOptions);

    /// <summary>All that a job depends on besides files.</summary>
    public JobKey Key(CompileJob job) => new(CompilerId, $"{Toolchain.Library.Version} {NvrtcIdentity}", Hash.Of(Record.Join(
    [
        job.WantsCubin.ToString(),
        job.WantsPtx.ToString(),
        job.Kernel.ProgramName,
        .. Options(job),
        "name expressions",
        .. job.Kernel.NameExpressions,
    ])));

    private static string ArchitectureOption(CompileJob job) => $"-arch={job.Architecture}";
}
