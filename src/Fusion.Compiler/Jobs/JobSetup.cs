using System.Collections.Concurrent;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Launchers;
using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Sources;

namespace Fusion.Compiler.Jobs;

/// <summary>What all jobs of a run share.</summary>
/// <param name="Toolchain">NVRTC and its headers.</param>
/// <param name="Contents">Reads sources and headers.</param>
/// <param name="FusionIncludePath">Folder of the SDK's own headers; empty if there is none.</param>
/// <param name="CcclPath">Folder of libcu++ and CUB; empty without the package.</param>
/// <param name="OutputDirectory">Full path of the folder for images.</param>
/// <param name="KeepsRecords">Whether jobs write and use records.</param>
/// <param name="ChecksLayouts">Whether the layouts of structs that C# gets are checked.</param>
/// <param name="MappedTypes">Names of the types that the project maps itself.</param>
/// <param name="NvrtcIdentity">Hashes of NVRTC's libraries; null if they are not known.</param>
internal sealed record JobSetup(
    Toolchain Toolchain, FileContents Contents, string FusionIncludePath, string CcclPath, string OutputDirectory, bool KeepsRecords,
    bool ChecksLayouts, IReadOnlyList<string> MappedTypes, string? NvrtcIdentity)
{
    private readonly ConcurrentDictionary<Kernel, Lazy<KernelCode>> codes = new();

    private static readonly string CompilerId = typeof(JobSetup).Module.ModuleVersionId.ToString("n");

    /// <summary>NVRTC for people: <c>NVRTC 12.4</c>.</summary>
    public string NvrtcName => $"NVRTC {Toolchain.Library.Version}";

    /// <summary>The folders of headers of a kernel, all full, in the order they are searched: the kernel's own, the SDK's, those of
    /// libcu++ and CUB, NVRTC's, and last <see cref="CompatHeaders"/>, so that a header of any other place wins but for a folder that has the
    /// host's headers too. Without the folders of the kernel's own options.</summary>
    public IReadOnlyList<string> IncludeFolders(Kernel kernel) =>
        [.. StandingFolders(kernel), .. LastFolders];

    /// <summary>NVRTC's options for a job. NVRTC's defaults for both of the first differ from version to version.</summary>
    public IReadOnlyList<string> Options(CompileJob job) =>
    [
        ArchitectureOption(job),
        .. Toolchain.StandingOptions,
        .. StandingFolders(job.Kernel).Concat(LastAreBehindOptions(job.Kernel) ? [] : LastFolders).Select(f => $"-I{job.Kernel.InProject(f)}"),
        // Last, so that one that lacks its value cannot take another's place.
        .. job.Kernel.OwnOptions,
        .. LastAreBehindOptions(job.Kernel) ? LastFolders.Select(f => $"-I{job.Kernel.InProject(f)}") : [],
    ];

    /// <summary>NVRTC's options for a job, but for its folders of headers.</summary>
    public IReadOnlyList<string> OptionsWithoutFolders(CompileJob job) => [ArchitectureOption(job), .. Toolchain.StandingOptions, .. job.Kernel.OwnOptions];

    /// <summary>Looks for a kernel's headers where NVRTC does.</summary>
    public IncludeSearch NewSearch(Kernel kernel) =>
        new([.. StandingFolders(kernel), .. kernel.OptionFolders, .. LastFolders], Contents, kernel.OwnOptions);

    /// <summary>The headers of a kernel, and the places where they were looked for.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="told">What NVRTC says that it read; null to follow <c>#include</c> lines instead.</param>
    public IncludedHeaders IncludedBy(Kernel kernel, IReadOnlyList<string>? told)
    {
        var search = NewSearch(kernel);
        var read = told ?? search.Scan(kernel.Source);
        search.Note(kernel.Source, read);
        return new IncludedHeaders(read, search.Probes(read.Append(kernel.Source)));
    }

    /// <summary>A kernel's source as NVRTC gets it.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="source">The source.</param>
    public KernelCode CodeOf(Kernel kernel, FileContent source) => codes.GetOrAdd(kernel, _ => new(() => WithChecks(kernel, source, kernel.LeavesHostCodeOut
        ? KernelCode.Of(source.Text, NewSearch(kernel).Scan(kernel.Source).Select(Contents.Get).OfType<FileContent>().Select(header => header.Macros))
        : KernelCode.Whole(source.Text)))).Value;

    private KernelCode WithChecks(Kernel kernel, FileContent source, KernelCode code) => !ChecksLayouts ? code
        : code.With(LauncherAgreement.Layouts(kernel, source.Text, LauncherHeaders.Read(kernel.Source, kernel.OwnFolders, Contents).Texts, MappedTypes));

    /// <summary>NVRTC's options for a source that has code for the host: it was written for nvcc, which includes CUDA's own header first.
    /// What stays and says nothing, such as a function that is computed at compile time, is for the GPU too; so are the functions of CUB that
    /// only types are made of.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="code">Its source.</param>
    public IReadOnlyList<string> OptionsOf(Kernel kernel, KernelCode code) =>
    [
        .. code.HasHostCode || (CcclPath.Length > 0 && kernel.LeavesHostCodeOut) ? ["-default-device"] : Array.Empty<string>(),
        .. code.HasHostCode ? Compat.Select(_ => $"--pre-include={CompatHeaders.Implied}") : [],
    ];

    /// <summary>All that a job depends on besides files.</summary>
    public JobKey Key(CompileJob job) => new(CompilerId, $"{Toolchain.Library.Version} {NvrtcIdentity}", Hash.Of(Record.Join(
    [
        job.WantsCubin.ToString(),
        job.WantsPtx.ToString(),
        job.Kernel.ProgramName,
        .. Options(job),
        job.Kernel.HostCode,
        ChecksLayouts ? "layouts" : "",
        .. MappedTypes,
        "name expressions",
        .. job.Kernel.NameExpressions,
    ])));

    private IReadOnlyList<string> Compat => CompatHeaders.Beside(FusionIncludePath);

    // A distribution's folder has the host's headers beside NVRTC's own: only behind the SDK's is it of use.
    private IReadOnlyList<string> LastFolders => HasHostHeaders ? [.. Compat, Toolchain.IncludePath!] : Compat;

    private bool HasHostHeaders => Toolchain.IncludePath is { } folder && ToolkitHeaders.HasHeadersOfTheHost(folder);

    private IEnumerable<string> StandingFolders(Kernel kernel)
    {
        string[] standing = [FusionIncludePath, CcclPath, HasHostHeaders ? "" : Toolchain.IncludePath ?? ""];
        return kernel.IncludePaths.Concat(standing.Where(f => f.Length > 0).Select(Path.TrimEndingDirectorySeparator));
    }

    private static bool LastAreBehindOptions(Kernel kernel) => kernel.OptionFolders.Count > 0;

    private static string ArchitectureOption(CompileJob job) => $"-arch={job.Architecture}";
}
