using Fusion.Runtime.Distributed;
using Llama.Cli.Runners;

namespace Llama.Cli.CommandLine;

/// <summary>What the commands work with.</summary>
/// <param name="Out">Where results go.</param>
/// <param name="Error">Where progress and errors go.</param>
/// <param name="Runners">What makes runners.</param>
/// <param name="Time">The clock.</param>
internal sealed record ToolContext(TextWriter Out, TextWriter Error, IRunnerFactory Runners, TimeProvider Time)
{
    /// <summary>Says for <c>--processes</c> which rank this process is; by default the launcher does, in the environment.</summary>
    public Func<Rendezvous> Launcher { get; init; } = Rendezvous.FromEnvironment;

    /// <summary>Makes the context of a rank: of ranks in several processes, the first alone prints results, progress and warnings.</summary>
    /// <param name="isFirst">Whether this process has rank 0, or all ranks.</param>
    public ToolContext OfRank(bool isFirst) => isFirst ? this : this with { Out = TextWriter.Null, Error = TextWriter.Null };
}
