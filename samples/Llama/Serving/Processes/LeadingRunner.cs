using Fusion.Runtime;
using Fusion.Runtime.Distributed;
using Llama.Model;
using Llama.Model.Running;

namespace Llama.Serving.Processes;

/// <summary>A runner whose other ranks are in other processes: each of these has a <see cref="FollowingRank"/>, which is told each step before this process begins
/// its own part, and does the same. So a <see cref="Server"/> in one process decides for all.</summary>
/// <param name="runner">What does the steps of this process's rank, which is disposed with this.</param>
/// <param name="steps">Broadcast from this process.</param>
public sealed class LeadingRunner(IModelRunner runner, RankBroadcast steps) : IModelRunner
{
    private readonly StepMessage message = new();

    /// <inheritdoc/>
    public ModelConfig Config => runner.Config;

    /// <inheritdoc/>
    public RunnerLimits Limits => runner.Limits;

    /// <inheritdoc/>
    public bool RunsAside => runner.RunsAside;

    /// <inheritdoc/>
    public int[] Run(IReadOnlyList<StepPart> parts) => Begin(parts).Wait();

    /// <inheritdoc/>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public IRunningStep Begin(IReadOnlyList<StepPart> parts, IRunningStep? before = null)
    {
        Tell(before is null ? StepOrder.Begin : StepOrder.BeginBehind, parts);
        return runner.Begin(parts, before);
    }

    /// <inheritdoc/>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public float[][] LogitsOf(IReadOnlyList<StepPart> parts)
    {
        Tell(StepOrder.Logits, parts);
        return runner.LogitsOf(parts);
    }

    /// <inheritdoc/>
    /// <exception cref="PeerGoneException">A rank is gone, without which there are no more steps.</exception>
    public void Recover()
    {
        steps.Send(message.Write(StepOrder.Recover));
        runner.Recover();
    }

    /// <summary>Tells the others that there are no more steps, and frees the model.</summary>
    public void Dispose()
    {
        try
        {
            steps.Send(message.Write(StepOrder.End));
        }
        catch (Exception e) when (e is PeerGoneException or ObjectDisposedException)
        {
            // All hear that from the group.
        }

        runner.Dispose();
    }

    // What does not fit must be seen before the others have begun it.
    private void Tell(StepOrder order, IReadOnlyList<StepPart> parts)
    {
        StepRules.ThrowUnlessFit(parts, Limits, Config.Vocabulary);
        steps.Send(message.Write(order, parts));
    }
}
