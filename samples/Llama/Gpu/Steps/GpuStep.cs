using Fusion.Graph;
using Llama.Model.Running;

namespace Llama.Gpu.Steps;

/// <summary>A step that was launched.</summary>
/// <param name="runner">What does it.</param>
/// <param name="plan">The step.</param>
/// <param name="place">Where its results are.</param>
internal sealed class GpuStep(GpuModelRunner runner, StepPlan plan, StepPlace place) : IRunningStep
{
    public StepPlan Plan => plan;

    public StepPlace Place => place;

    /// <summary>The run of the projection to the vocabulary; null if no token is chosen.</summary>
    public GraphRun? Results { get; set; }

    public bool IsEnded { get; private set; }

    /// <inheritdoc/>
    public int[] Wait()
    {
        if (IsEnded) throw new InvalidOperationException("The step has ended before.");
        IsEnded = true;
        return runner.End(this);
    }
}
