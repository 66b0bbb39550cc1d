namespace Fusion.Interop.Nccl;

/// <summary>Result of a function of NCCL; any other number is an error too.</summary>
public enum NcclResult
{
    /// <summary><c>ncclSuccess</c>.</summary>
    Success = 0,

    /// <summary><c>ncclUnhandledCudaError</c>.</summary>
    UnhandledCudaError = 1,

    /// <summary><c>ncclSystemError</c>.</summary>
    SystemError = 2,

    /// <summary><c>ncclInternalError</c>.</summary>
    InternalError = 3,

    /// <summary><c>ncclInvalidArgument</c>.</summary>
    InvalidArgument = 4,

    /// <summary><c>ncclInvalidUsage</c>.</summary>
    InvalidUsage = 5,

    /// <summary><c>ncclRemoteError</c>.</summary>
    RemoteError = 6,

    /// <summary><c>ncclInProgress</c>.</summary>
    InProgress = 7,
}

/// <summary>Element types that Fusion sums or moves by NCCL (<c>ncclDataType_t</c>).</summary>
public enum NcclDataType
{
    /// <summary><c>ncclInt8</c>, for bytes that are moved as they are.</summary>
    I8 = 0,

    /// <summary><c>ncclFloat16</c>.</summary>
    F16 = 6,

    /// <summary><c>ncclFloat32</c>.</summary>
    F32 = 7,

    /// <summary><c>ncclBfloat16</c>, from NCCL 2.10 on.</summary>
    Bf16 = 9,
}
