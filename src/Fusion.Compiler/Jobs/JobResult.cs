using Fusion.Build.Contract;

namespace Fusion.Compiler.Jobs;

/// <summary>Where the images of a job come from.</summary>
internal enum JobOrigin
{
    /// <summary>NVRTC made them in this run.</summary>
    Compiled,

    /// <summary>The compile cache had what NVRTC made in an earlier run.</summary>
    Cache,

    /// <summary>Another output folder of the project had them: another target framework, runtime or configuration.</summary>
    Sibling,

    /// <summary>They were made on another machine.</summary>
    Prebuilt,

    /// <summary>An earlier run left them, and nothing changed since.</summary>
    Fresh,
}

/// <summary>How a job ended.</summary>
/// <param name="Job">The job.</param>
/// <param name="Diagnostics">What is to be reported about it.</param>
internal sealed record JobResult(CompileJob Job, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>What the job depended on and made; null if it failed.</summary>
    public JobRecord? Record { get; init; }

    /// <summary>Where its images come from.</summary>
    public JobOrigin Origin { get; init; }

    /// <summary>Why it was not fresh: <c>source changed</c>; empty if it was, or if no record is kept.</summary>
    public string Why { get; init; } = "";

    /// <summary>Time that a thread worked on it.</summary>
    public TimeSpan Work { get; init; }

    /// <summary>Inputs that changed while they were compiled: the next run must look again.</summary>
    public IReadOnlyList<string> Unsettled { get; init; } = [];
}
