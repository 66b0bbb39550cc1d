using Fusion.Runtime;
using Fusion.Runtime.Distributed;
using Llama.Model.Running;

namespace Llama.Serving.Processes;

/// <summary>Does the steps of a rank as the process that has the <see cref="LeadingRunner"/> tells them, so that all ranks launch the same calls in the same order.</summary>
/// <param name="runner">What does the steps of this process's rank. It remains the caller's.</param>
/// <param name="steps">Broadcast from that process.</param>
public sealed class FollowingRank(IModelRunner runner, RankBroadcast steps)
{
    private readonly StepMessage message = new();
    private IRunningStep? running;
    private Exception? failure;

    /// <summary>Does the steps until there are no more.</summary>
    /// <exception cref="PeerGoneException">A rank is gone, such as the one that decides.</exception>
    /// <exception cref="ServerStoppedException">A step failed on this rank, and the one that decides goes on or ends without having made the runners usable again,
    /// or that failed.</exception>
    public void Run()
    {
        while (true)
        {
            var (order, parts) = message.Read(steps.Receive());
            switch (order)
            {
                case StepOrder.Begin:
                    EndAll();
                    Try(() => Begin(parts));
                    break;
                case StepOrder.BeginBehind:
                    Try(() => BeginBehind(parts));
                    break;
                case StepOrder.Logits:
                    EndAll();
                    Try(() => runner.LogitsOf(parts));
                    break;
                case StepOrder.Recover:
                    (running, failure) = (null, null);
                    Try(runner.Recover);
                    ThrowIfFailed();
                    break;
                case StepOrder.End:
                    EndAll();
                    return;
            }
        }
    }

    private void Begin(IReadOnlyList<StepPart> parts)
    {
        running = runner.Begin(parts);
        // Ranks choose by chance from logits that they exchange while they wait. Any other step is waited for when the next one has been begun behind it.
        if (!runner.RunsAside || parts.Any(part => part.Choice is { Temperature: > 0 })) EndStep();
    }

    private void BeginBehind(IReadOnlyList<StepPart> parts)
    {
        var before = running;
        running = runner.Begin(parts, before);
        Wait(before);
        if (parts.Any(part => part.Choice is { Temperature: > 0 })) EndStep();
    }

    private void EndStep()
    {
        var ended = running;
        running = null;
        Wait(ended);
    }

    private static void Wait(IRunningStep? step)
    {
        try
        {
            step?.Wait();
        }
        catch (LogitsException)
        {
            // All ranks have the same logits, and the one that decides ends the sequence.
        }
    }

    // The one that decides has all tokens of its steps: if one failed here, nobody makes that good.
    private void EndAll()
    {
        Try(EndStep);
        ThrowIfFailed();
    }

    // A step that fails mostly fails on all ranks: the one that decides has the next word. Nothing is begun until then.
    private void Try(Action act)
    {
        if (failure is not null) return;
        try
        {
            act();
        }
        catch (Exception e)
        {
            failure = e;
        }
    }

    private void ThrowIfFailed()
    {
        if (failure is not null) throw new ServerStoppedException($"This rank has stopped, since a step of it failed: {failure.Message}", failure);
    }
}
