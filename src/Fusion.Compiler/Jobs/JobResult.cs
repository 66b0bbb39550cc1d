using Fusion.Build.Contract;

namespace Fusion.Compiler.Jobs;

/// <summary>How a job ended.</summary>
/// <param name="Job">The job.</param>
/// <param name="Diagnostics">What is to be said about it.</param>
internal sealed record JobResult(CompileJob Job, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>What it depended on and made; null if it failed.</summary>
    public JobRecord? Record { get; init; }

    /// <summary>Whether an earlier run did it, and there was nothing to do.</summary>
    public bool WasFresh { get; init; }

    /// <summary>Whether its images come from the compile cache.</summary>
    public bool WasCached { get; init; }

    /// <summary>Inputs that changed while they were compiled: the next run must look again.</summary>
    public IReadOnlyList<string> Unsettled { get; init; } = [];
}
