using System.Globalization;

namespace Fusion.Runtime;

/// <summary>An operation failed before and was not reset, or cannot be reset yet. Nothing was launched.</summary>
public sealed class ResetRequiredException : FusionException
{
    internal ResetRequiredException(int rank, Exception failure)
        : base(ErrorCodes.ResetRequired,
            $"Rank {rank} cannot launch: the operation failed before, and its ranks are not in step any more. Stop launching " +
            $"on all ranks, call Reset once, and go on. The failure was: {failure.Message}", failure) => Rank = rank;

    internal ResetRequiredException(IReadOnlyList<GpuDevice> busy, TimeSpan waited)
        : base(ErrorCodes.ResetRequired, string.Create(CultureInfo.InvariantCulture,
            $"The operation cannot be reset yet: {string.Join(" and ", busy)} still had work {waited.TotalSeconds:0.###} s after " +
            $"all waits were ended. Kernels of the program that run for long may be in the streams; when they have ended, call Reset again.")) =>
        Rank = -1;

    internal ResetRequiredException(TimeSpan waited)
        : base(ErrorCodes.ResetRequired, string.Create(CultureInfo.InvariantCulture,
            $"The operation cannot be reset yet: not all processes of the group called Reset within {waited.TotalSeconds:0.###} s. " +
            $"Call it in each of them; see what the missing ones do instead.")) =>
        Rank = -1;

    /// <summary>Index of the rank that was to launch; -1 if the operation was to be reset.</summary>
    public int Rank { get; }
}
