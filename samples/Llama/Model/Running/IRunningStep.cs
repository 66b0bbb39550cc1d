namespace Llama.Model.Running;

/// <summary>A step that was begun.</summary>
public interface IRunningStep
{
    /// <summary>Waits for the step.</summary>
    /// <returns>For each part the token that was chosen, or -1 where its <see cref="StepPart.Choice"/> is null.</returns>
    /// <exception cref="LogitsException">The logits of a sequence are no numbers. The step may be done again without it, when a step that was begun
    /// behind it has ended too.</exception>
    int[] Wait();
}
