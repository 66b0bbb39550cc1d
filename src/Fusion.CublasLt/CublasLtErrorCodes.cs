using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Codes of this library's exceptions.</summary>
public static class CublasLtErrorCodes
{
    /// <summary><see cref="CublasLtException"/>: cuBLASLt is not on the machine.</summary>
    public const string NotFound = "FUSION2019";

    /// <summary><see cref="CublasLtException"/>: cuBLASLt refused or failed.</summary>
    public const string Failed = "FUSION2020";

    /// <summary><see cref="FusionArgumentException"/>: a tensor or an option of a matmul is wrong.</summary>
    public const string Argument = "FUSION2021";

    /// <summary><see cref="CublasLtException"/>: this version of cuBLASLt, or this GPU, does not have the matmul.</summary>
    public const string NotSupported = "FUSION2022";
}
