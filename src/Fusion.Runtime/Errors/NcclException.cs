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
