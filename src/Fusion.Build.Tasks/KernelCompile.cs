using Fusion.Build.Contract;
using Microsoft.Build.Framework;

namespace Fusion.Build.Tasks;

/// <summary>Compiles a project's kernels: starts fusionc once for all of them, or not at all if nothing changed.</summary>
[MSBuildMultiThreadableTask]
public sealed class KernelCompile : FusionToolTask
{
    /// <summary>Full path of the folder for the images.</summary>
    [Required]
    public string OutputDirectory { get; set; } = "";

    /// <summary>Full path of the folder that holds the images of all target frameworks, runtimes and configurations.</summary>
    public string SharedDirectory { get; set; } = "";

    /// <summary>An item with all metadata that a kernel can have, each with the value of the project's property.</summary>
    [Required]
    public ITaskItem Defaults { get; set; } = null!;

    /// <summary>The <c>FusionAllReduce</c> items.</summary>
    public ITaskItem[] AllReduces { get; set; } = [];

    /// <summary>Folder of the SDK's own <c>fusion/…</c> headers.</summary>
    public string FusionIncludePath { get; set; } = "";

    /// <summary>Folder of the headers of the package Fusion.Cccl, if the project has it.</summary>
    public string CcclPath { get; set; } = "";

    /// <summary>The property <c>FusionNvrtcPath</c>.</summary>
    public string NvrtcPath { get; set; } = "";

    /// <summary>Folder of the NVRTC pack's libraries, if the project has the pack.</summary>
    public string NvrtcPackPath { get; set; } = "";

    /// <summary>Whether the project asks for the pack's NVRTC before that of the machine.</summary>
    public bool PrefersNvrtcPack { get; set; }

    /// <summary>The property <c>FusionPrebuiltKernels</c>: images that stand in for compilation.</summary>
    public string PrebuiltPath { get; set; } = "";

    /// <summary>The most compilations at a time; 0 for one a processor.</summary>
    public int MaxParallelism { get; set; }

    /// <summary>Whether an architecture that NVRTC does not know is passed over with a warning.</summary>
    public bool SkipUnsupportedArchitectures { get; set; }

    /// <summary>Whether images are stored compressed where that pays.</summary>
    public bool Compress { get; set; }

    /// <summary>The most seconds for a kernel and an architecture; 0 for no limit.</summary>
    public int CompileTimeout { get; set; }

    /// <summary>Whether the build says how long each kernel took.</summary>
    public bool Timings { get; set; }

    /// <summary>Whether launchers are generated for the kernels.</summary>
    public bool ChecksLaunchers { get; set; }

    /// <summary>The <c>FusionTypeMap</c> items.</summary>
    public ITaskItem[] Types { get; set; } = [];

    /// <summary>Whether images may come from the compile cache, and go into it.</summary>
    public bool Cache { get; set; }

    /// <summary>Folder of the compile cache; empty for the user's.</summary>
    public string CachePath { get; set; } = "";

    /// <summary>Whether the compile cache may be one that other users write to.</summary>
    public bool CacheShared { get; set; }

    /// <summary>The most megabytes of the compile cache; 0 for no limit.</summary>
    public int CacheSize { get; set; }

    /// <summary>Version of the SDK.</summary>
    public string SdkVersion { get; set; } = "";

    /// <summary>Files to embed, with the metadata <c>LogicalName</c>.</summary>
    [Output]
    public ITaskItem[] Images { get; private set; } = [];

    /// <summary>The headers that the last good run followed.</summary>
    [Output]
    public ITaskItem[] Headers { get; private set; } = [];

    /// <inheritdoc/>
    protected override string RequestSwitch => "--request";

    /// <inheritdoc/>
    protected override string StartedMessage => "fusionc is started";

    /// <inheritdoc/>
    protected override string UpToDateMessage => "Kernels are up to date: fusionc is not started.";

    /// <inheritdoc/>
    protected override string CreateRequest()
    {
        var made = new CompileRequest
        {
            ProjectDirectory = ProjectDirectory,
            OutputDirectory = OutputDirectory,
            StateFile = StateFile,
            SharedDirectory = SharedDirectory,
            FusionIncludePath = FusionIncludePath,
            CcclPath = CcclPath,
            NvrtcPath = NvrtcPath,
            NvrtcPackPath = NvrtcPackPath,
            PrefersNvrtcPack = PrefersNvrtcPack,
            PrebuiltPath = PrebuiltPath,
            MaxParallelism = MaxParallelism,
            SkipUnsupportedArchitectures = SkipUnsupportedArchitectures,
            Compress = Compress,
            CompileTimeout = CompileTimeout,
            Timings = Timings,
            ChecksLaunchers = ChecksLaunchers,
            Cache = Cache,
            CachePath = CachePath,
            CacheShared = CacheShared,
            CacheSize = CacheSize,
            SdkVersion = SdkVersion,
        };
        string[] metadata = [.. Defaults.CloneCustomMetadata().Keys.Cast<string>()];
        made.Defaults = KernelItem.ToRequest(Defaults, made.ProjectDirectory, metadata);
        made.Kernels.AddRange(KernelItem.ToRequests(Kernels, made.ProjectDirectory, metadata));
        made.MappedTypes.AddRange(Types.Select(type => type.ItemSpec));
        made.AllReduces.AddRange(AllReduces.Select(item => new AllReduceRequest
        {
            Name = item.ItemSpec,
            HiddenSize = item.GetMetadata("HiddenSize"),
            DataType = item.GetMetadata("DataType"),
            WorldSizes = item.GetMetadata("WorldSizes"),
            Epilogues = item.GetMetadata("Epilogues"),
            Architectures = item.GetMetadata("Architectures"),
        }));
        return made.ToText();
    }

    // The C# compiler reads a | in the path of a resource as it likes; a relative path has none of the folders above the project.
    private string InProject(string path)
    {
        var root = ProjectDirectory.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar;
        return path.StartsWith(root, StringComparison.Ordinal) ? path.Substring(root.Length) : path;
    }

    /// <inheritdoc/>
    protected override void TakeOutputs(BuildState state)
    {
        Images = new ITaskItem[state.Outputs.Count];
        for (var i = 0; i < Images.Length; i++)
            Images[i] = EscapedItem.Of(InProject(state.Outputs[i].Key.Path), ("LogicalName", state.Outputs[i].Value));
        Headers = [.. state.Watched.Select(path => EscapedItem.Of(path))];
    }
}
