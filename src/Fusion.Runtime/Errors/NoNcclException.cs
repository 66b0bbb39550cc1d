namespace Fusion.Runtime;

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
