namespace Fusion.Runtime;

/// <summary>The blocks of all ranks on a GPU cannot be resident at the same time, so that ranks would wait for each other
/// until their timeout.</summary>
public sealed class CoResidencyException : FusionException
{
    internal CoResidencyException(string gpu, string kernel, int ranks, int blocks)
        : base(ErrorCodes.CoResidency,
            $"{gpu} has room for {blocks} blocks of '{kernel}' at a time, but {ranks} ranks on it need one " +
            $"each at least. Put fewer ranks on it, or take a smaller hidden size.") =>
        (Kernel, Ranks, Blocks) = (kernel, ranks, blocks);

    /// <summary>Name of the kernel.</summary>
    public string Kernel { get; }

    /// <summary>Number of ranks that share the GPU.</summary>
    public int Ranks { get; }

    /// <summary>Number of blocks of the kernel that are resident on the GPU at a time.</summary>
    public int Blocks { get; }
}
