using System.Globalization;

namespace Fusion.Runtime;

/// <summary>The operation failed before and was not re-armed. Nothing was launched.</summary>
public sealed class NotRearmedException : FusionException
{
    internal NotRearmedException(int rank, Exception failure)
        : base(ErrorCodes.NotRearmed,
            $"Rank {rank} cannot launch: the operation failed before, and its ranks are not in step any more. Stop launching " +
            $"on all ranks, call Rearm once, and go on. The failure was: {failure.Message}", failure) => Rank = rank;

    internal NotRearmedException(IReadOnlyList<GpuDevice> busy, TimeSpan waited)
        : base(ErrorCodes.NotRearmed, string.Create(CultureInfo.InvariantCulture,
            $"The operation cannot be re-armed yet: {string.Join(" and ", busy)} still had work {waited.TotalSeconds:0.###} s after " +
            $"all waits were ended. Kernels of the program that run for long may be in the streams; when they have ended, call Rearm again.")) =>
        Rank = -1;

    internal NotRearmedException(TimeSpan waited)
        : base(ErrorCodes.NotRearmed, string.Create(CultureInfo.InvariantCulture,
            $"The operation cannot be re-armed yet: not all processes of the group called Rearm within {waited.TotalSeconds:0.###} s. " +
            $"Call it in each of them; see what the missing ones do instead.")) =>
        Rank = -1;

    /// <summary>The rank that was to launch; -1 if all were to be re-armed.</summary>
    public int Rank { get; }
}
