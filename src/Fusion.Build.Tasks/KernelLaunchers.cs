using Fusion.Build.Contract;
using Microsoft.Build.Framework;

namespace Fusion.Build.Tasks;

/// <summary>Writes C# launchers for a project's kernels, by their sources alone: no NVRTC is needed.</summary>
/// <remarks>The reader of C++ lives in fusionc, for the manifest too. Its process starts only after a source or a setting
/// changed, so an IDE that asks after each key pays a few file times.</remarks>
[MSBuildMultiThreadableTask]
public sealed class KernelLaunchers : FusionToolTask
{
    private static readonly string[] Metadata = ["AdditionalOptions", "Defines", "HeaderOnly", "IncludePaths", "NameExpressions"];

    /// <summary>Full path of the C# file.</summary>
    [Required]
    public string OutputFile { get; set; } = "";

    /// <summary>Namespace of the launchers.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Name of the class that holds them.</summary>
    public string ClassName { get; set; } = "";

    /// <summary>The version of C#; empty for the newest.</summary>
    public string LangVersion { get; set; } = "";

    /// <summary>The <c>FusionTypeMap</c> items: a type's name in C++, with the metadata <c>CSharp</c>.</summary>
    public ITaskItem[] Types { get; set; } = [];

    /// <summary>Whether a source that cannot be read is an error here.</summary>
    public bool ReportsSources { get; set; }

    /// <inheritdoc/>
    protected override string RequestSwitch => "--launchers";

    /// <inheritdoc/>
    protected override string StartedMessage => "Launchers are written";

    /// <inheritdoc/>
    protected override string UpToDateMessage => "Launchers are up to date.";

    /// <inheritdoc/>
    protected override string CreateRequest()
    {
        var made = new LauncherRequest
        {
            ProjectDirectory = ProjectDirectory,
            OutputFile = OutputFile,
            StateFile = StateFile,
            Namespace = Namespace,
            ClassName = ClassName,
            LangVersion = LangVersion,
            ReportsSources = ReportsSources,
        };
        foreach (var type in Types) made.Types.Add(new(type.ItemSpec, type.GetMetadata("CSharp")));
        made.Kernels.AddRange(KernelItem.ToRequests(Kernels, made.ProjectDirectory, Metadata));
        return made.ToText();
    }

    /// <inheritdoc/>
    protected override void TakeOutputs(BuildState state)
    {
    }
}
