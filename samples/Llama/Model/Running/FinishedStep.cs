using System.Runtime.ExceptionServices;

namespace Llama.Model.Running;

/// <summary>A step that was done when it was begun.</summary>
public sealed class FinishedStep : IRunningStep
{
    private readonly int[] tokens = [];
    private readonly ExceptionDispatchInfo? failure;

    /// <summary>Does a step. What it throws is thrown by <see cref="Wait"/>.</summary>
    /// <param name="run">Does the step and returns its tokens.</param>
    public FinishedStep(Func<int[]> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        try
        {
            tokens = run();
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <inheritdoc/>
    public int[] Wait()
    {
        failure?.Throw();
        return tokens;
    }
}
