namespace Fusion.Interop.Nccl;

/// <summary>The types of <c>ncclDataType_t</c> that Fusion sums.</summary>
public enum NcclDataType
{
    /// <summary><c>ncclFloat16</c>.</summary>
    F16 = 6,

    /// <summary><c>ncclFloat32</c>.</summary>
    F32 = 7,

    /// <summary><c>ncclBfloat16</c>, from NCCL 2.10 on.</summary>
    Bf16 = 9,
}
