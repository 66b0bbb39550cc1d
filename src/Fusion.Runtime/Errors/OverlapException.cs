namespace Fusion.Runtime;

/// <summary>An output of an all-reduce's call shares memory with another tensor of the call in a way that is not allowed.
/// Nothing was launched, and the group can still be used.</summary>
public sealed class OverlapException : FusionException
{
    internal OverlapException(string output, string other, ulong start, ulong end)
        : base(ErrorCodes.Overlap,
            $"{output} and {other} of the all-reduce share the memory from 0x{start:x} to 0x{end:x}; allowed is that " +
            "AllReduceOut, ResidualOut or NormOut is exactly Input or Residual, and otherwise that nothing overlaps an " +
            "output. Nothing was launched.") =>
        (Output, Other) = (output, other);

    /// <summary>Name of the output in <see cref="AllReduceCall"/>.</summary>
    public string Output { get; }

    /// <summary>Name of the tensor that the output overlaps.</summary>
    public string Other { get; }
}
