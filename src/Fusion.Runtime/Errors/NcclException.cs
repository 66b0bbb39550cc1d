using System.Globalization;
using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>NCCL cannot be found or loaded (<see cref="ErrorCodes.NoNccl"/>), or it refused a call or failed
/// (<see cref="ErrorCodes.Nccl"/>).</summary>
public sealed class NcclException : FusionException
{
    internal NcclException(string function, int result, string text, Version version)
        : base(ErrorCodes.Nccl,
            $"{function} of NCCL {version} returned {result}: {text}. Start the program with NCCL_DEBUG=WARN to see why.") =>
        Result = result;

    internal NcclException(string message)
        : base(ErrorCodes.Nccl, message)
    {
    }

    private NcclException(string code, string message)
        : base(code, message)
    {
    }

    /// <summary>Throws if a function of NCCL failed.</summary>
    internal static void ThrowIfFailed(NcclLibrary nccl, NcclResult result, string function)
    {
        if (result is NcclResult.Success or NcclResult.InProgress) return;
        throw new NcclException(function, (int)result, nccl.TextOf(result), nccl.Version);
    }

    /// <summary>Makes the exception for an NCCL that cannot be found or loaded.</summary>
    /// <param name="path">Where it was looked for; null for where the loader looks.</param>
    /// <param name="reasons">Reasons, a line for each place.</param>
    /// <param name="isNeeded">Whether the ranks cannot sum without it.</param>
    internal static NcclException NotFound(string? path, string reasons, bool isNeeded) => new(ErrorCodes.NoNccl,
        $"No NCCL: {(path is null ? "the loader finds none" : $"none at '{path}'")}. " + (isNeeded
            ? "Ranks that do not all reach each other's memory, as on several machines, exchange by it: install libnccl2 for all of them, or give " +
                "AllReduceOptions.Library and CollectivesOptions.Nccl an NcclAllReduce with the path of the library of a Python environment (nvidia/nccl/lib/libnccl.so.2)."
            : "Install libnccl2, name the library of a Python environment (nvidia/nccl/lib/libnccl.so.2), or leave AllReduceOptions.Library empty: " +
                "two-shot then does what NCCL would.") + $"{Environment.NewLine}{reasons}");

    /// <summary>Makes the exception for a call that ran when NCCL was aborted.</summary>
    internal static NcclException Aborted(int rank, uint call) => new(ErrorCodes.Nccl, string.Create(CultureInfo.InvariantCulture,
        $"NCCL was aborted while call {call} of rank {rank} ran, so that its results are undefined. See why it was aborted, then call Reset, which connects the ranks anew."));

    /// <summary>Makes an equal exception object for another thread.</summary>
    internal NcclException CopyForThread() => new(Code, Message[(Code.Length + 2)..]);

    /// <summary>Result that NCCL returned, an <c>ncclResult_t</c>; 0 if NCCL was not called.</summary>
    public int Result { get; }
}
