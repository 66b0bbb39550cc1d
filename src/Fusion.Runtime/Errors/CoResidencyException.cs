namespace Fusion.Runtime;

/// <summary>The blocks of all ranks on a GPU cannot run at the same time, and ranks that take turns would wait for each other
/// in vain.</summary>
public sealed class CoResidencyException : FusionException
{
    internal CoResidencyException(string gpu, string kernel, int ranks, int blocks)
        : base(ErrorCodes.CoResidency,
            $"{gpu} has room for {blocks} blocks of '{kernel}' at a time, but {ranks} ranks on it need one " +
            $"each at least. Put fewer ranks on it, or take a smaller hidden size.") =>
        (Kernel, Ranks, Blocks) = (kernel, ranks, blocks);

    /// <summary>The kernel.</summary>
    public string Kernel { get; }

    /// <summary>How many ranks share the GPU.</summary>
    public int Ranks { get; }

    /// <summary>How many blocks it holds at a time.</summary>
    public int Blocks { get; }
}
