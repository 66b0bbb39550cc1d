using Fusion.Graph;
using Llama.Model.Running;

namespace Llama.Gpu.Steps;

/// <summary>A step that was launched.</summary>
/// <param name="runner">What does it.</param>
/// <param name="plan">The step.</param>
/// <param name="place">Where its results are.</param>
/// <param name="results">The run of the projection to the vocabulary; null if no token is chosen.</param>
internal sealed class GpuStep(GpuModelRunner runner, StepPlan plan, StepPlace place, GraphRun? results) : IRunningStep
{
    public StepPlan Plan => plan;

    public StepPlace Place => place;

    public GraphRun? Results => results;

    public bool IsEnded { get; private set; }

    /// <inheritdoc/>
    public int[] Wait()
    {
        if (IsEnded) throw new InvalidOperationException("The step has ended before.");
        IsEnded = true;
        return runner.End(this);
    }
}
