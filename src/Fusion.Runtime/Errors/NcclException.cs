namespace Fusion.Runtime;

/// <summary>NCCL refused or failed.</summary>
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

    /// <summary>What NCCL returned, an <c>ncclResult_t</c>; 0 if it was not asked.</summary>
    public int Result { get; }
}

/// <summary>There is no NCCL that could be used.</summary>
public sealed class NoNcclException : FusionException
{
    internal NoNcclException(string? path, string reasons)
        : base(ErrorCodes.NoNccl,
            $"No NCCL: {(path is null ? "the loader finds none" : $"none at '{path}'")}. Install libnccl2, name the library of a " +
            $"Python environment (nvidia/nccl/lib/libnccl.so.2), or leave AllReduceOptions.Library empty: two-shot then does " +
            $"what NCCL would.{Environment.NewLine}{reasons}")
    {
    }
}
