namespace Llama.Model.Running;

/// <summary>No token can be chosen for a sequence, since its logits are no numbers. The other sequences of the step are not at fault: a
/// runner may do the step again without this one.</summary>
public sealed class LogitsException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="part">Index of the sequence's part in the step.</param>
    /// <param name="position">Position of the token whose logits they are.</param>
    /// <param name="inner">What is wrong with the logits.</param>
    public LogitsException(int part, int position, Exception inner)
        : base($"No token can be chosen for the sequence of part {part} of the step, behind position {position}: {inner?.Message}", inner) => Part = part;

    /// <summary>Index of the sequence's part in the step.</summary>
    public int Part { get; }
}
