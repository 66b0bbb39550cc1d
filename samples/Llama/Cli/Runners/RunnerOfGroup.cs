using Fusion.Runtime;
using Llama.Model;
using Llama.Model.Running;

namespace Llama.Cli.Runners;

/// <summary>A runner whose group is disposed with it.</summary>
/// <param name="runner">What does the steps.</param>
/// <param name="group">Its group.</param>
/// <param name="end">What is done last; null for nothing.</param>
internal sealed class RunnerOfGroup(IModelRunner runner, RankGroup group, Action? end = null) : IModelRunner
{
    /// <inheritdoc/>
    public ModelConfig Config => runner.Config;

    /// <inheritdoc/>
    public RunnerLimits Limits => runner.Limits;

    /// <inheritdoc/>
    public bool RunsAside => runner.RunsAside;

    /// <inheritdoc/>
    public int[] Run(IReadOnlyList<StepPart> parts) => runner.Run(parts);

    /// <inheritdoc/>
    public IRunningStep Begin(IReadOnlyList<StepPart> parts, IRunningStep? before = null) => runner.Begin(parts, before);

    /// <inheritdoc/>
    public float[][] LogitsOf(IReadOnlyList<StepPart> parts) => runner.LogitsOf(parts);

    /// <inheritdoc/>
    public void Recover() => runner.Recover();

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            runner.Dispose();
        }
        finally
        {
            try
            {
                group.Dispose();
            }
            finally
            {
                end?.Invoke();
            }
        }
    }
}
