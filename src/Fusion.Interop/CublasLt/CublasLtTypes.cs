using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fusion.Interop.CublasLt;

/// <summary>Result of a function of cuBLASLt (<c>cublasStatus_t</c>).</summary>
public enum CublasStatus
{
    /// <summary><c>CUBLAS_STATUS_SUCCESS</c>.</summary>
    Success = 0,

    /// <summary><c>CUBLAS_STATUS_NOT_INITIALIZED</c>, which also means that no GPU can be used.</summary>
    NotInitialized = 1,

    /// <summary><c>CUBLAS_STATUS_ALLOC_FAILED</c>.</summary>
    AllocationFailed = 3,

    /// <summary><c>CUBLAS_STATUS_INVALID_VALUE</c>.</summary>
    InvalidValue = 7,

    /// <summary><c>CUBLAS_STATUS_ARCH_MISMATCH</c>.</summary>
    ArchitectureMismatch = 8,

    /// <summary><c>CUBLAS_STATUS_MAPPING_ERROR</c>.</summary>
    MappingError = 11,

    /// <summary><c>CUBLAS_STATUS_EXECUTION_FAILED</c>.</summary>
    ExecutionFailed = 13,

    /// <summary><c>CUBLAS_STATUS_INTERNAL_ERROR</c>.</summary>
    InternalError = 14,

    /// <summary><c>CUBLAS_STATUS_NOT_SUPPORTED</c>.</summary>
    NotSupported = 15,

    /// <summary><c>CUBLAS_STATUS_LICENSE_ERROR</c>.</summary>
    LicenseError = 16,
}

/// <summary>Types of elements that Fusion multiplies by cuBLASLt (<c>cudaDataType</c>).</summary>
public enum CudaDataType
{
    /// <summary><c>CUDA_R_32F</c>.</summary>
    F32 = 0,

    /// <summary><c>CUDA_R_16F</c>.</summary>
    F16 = 2,

    /// <summary><c>CUDA_R_16BF</c>.</summary>
    Bf16 = 14,

    /// <summary><c>CUDA_R_8F_E4M3</c>.</summary>
    F8E4M3 = 28,
}

/// <summary>Attributes of a matmul's description (<c>cublasLtMatmulDescAttributes_t</c>).</summary>
public enum MatmulProperty
{
    /// <summary><c>CUBLASLT_MATMUL_DESC_TRANSA</c>, an int: 1 if A is transposed.</summary>
    TransposeA = 3,

    /// <summary><c>CUBLASLT_MATMUL_DESC_TRANSB</c>, an int: 1 if B is transposed.</summary>
    TransposeB = 4,

    /// <summary><c>CUBLASLT_MATMUL_DESC_EPILOGUE</c>, an int: <see cref="MatmulEpilogue"/>.</summary>
    Epilogue = 7,

    /// <summary><c>CUBLASLT_MATMUL_DESC_BIAS_POINTER</c>, an address.</summary>
    BiasPointer = 8,

    /// <summary><c>CUBLASLT_MATMUL_DESC_A_SCALE_POINTER</c>, an address.</summary>
    ScaleOfAPointer = 17,

    /// <summary><c>CUBLASLT_MATMUL_DESC_B_SCALE_POINTER</c>, an address.</summary>
    ScaleOfBPointer = 18,

    /// <summary><c>CUBLASLT_MATMUL_DESC_FAST_ACCUM</c>, a byte: 1 if sums of FP8 are seldom promoted to f32.</summary>
    FastAccumulation = 25,

    /// <summary><c>CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE</c>, an int: <see cref="CudaDataType"/>.</summary>
    BiasType = 26,

    /// <summary><c>CUBLASLT_MATMUL_DESC_A_SCALE_MODE</c>, an int: <see cref="MatrixScale"/>. From 12.8 on.</summary>
    ScaleModeOfA = 31,

    /// <summary><c>CUBLASLT_MATMUL_DESC_B_SCALE_MODE</c>, an int: <see cref="MatrixScale"/>. From 12.8 on.</summary>
    ScaleModeOfB = 32,
}

/// <summary>What is done with the sums of a matmul (<c>cublasLtEpilogue_t</c>).</summary>
public enum MatmulEpilogue
{
    /// <summary><c>CUBLASLT_EPILOGUE_DEFAULT</c>: nothing.</summary>
    None = 1,

    /// <summary><c>CUBLASLT_EPILOGUE_BIAS</c>: a bias is added, one element for each row of D.</summary>
    Bias = 4,
}

/// <summary>Which elements share a scale (<c>cublasLtMatmulMatrixScale_t</c>).</summary>
public enum MatrixScale
{
    /// <summary><c>CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F</c>: all of a tensor.</summary>
    Tensor = 0,

    /// <summary><c>CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F</c>: those of a row of A or of a column of B. From 12.9 on.</summary>
    Row = 3,

    /// <summary><c>CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F</c>: 128 along the depth. From 12.9 on.</summary>
    Vector128 = 4,

    /// <summary><c>CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F</c>: a block of 128 × 128. From 12.9 on.</summary>
    Block128 = 5,
}

/// <summary>Attributes of the preferences for a search of algorithms (<c>cublasLtMatmulPreferencePropertys_t</c>).</summary>
public enum PreferenceProperty
{
    /// <summary><c>CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES</c>, a ulong.</summary>
    WorkspaceBytes = 1,

    /// <summary><c>CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES</c>, a uint.</summary>
    AlignmentOfA = 5,

    /// <summary><c>CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES</c>, a uint.</summary>
    AlignmentOfB = 6,

    /// <summary><c>CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES</c>, a uint.</summary>
    AlignmentOfC = 7,

    /// <summary><c>CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES</c>, a uint.</summary>
    AlignmentOfD = 8,
}

/// <summary>An algorithm with its settings, as the library describes it (<c>cublasLtMatmulAlgo_t</c>): 64 bytes that may be
/// copied.</summary>
[InlineArray(8)]
public struct MatmulAlgorithm
{
    private ulong first;
}

/// <summary>An algorithm that a search found (<c>cublasLtMatmulHeuristicResult_t</c>), 96 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MatmulSearchResult
{
    /// <summary>The algorithm.</summary>
    public MatmulAlgorithm Algorithm;

    /// <summary>Size of the workspace that the algorithm needs, in bytes.</summary>
    public nuint WorkspaceBytes;

    /// <summary>Whether the algorithm can be used.</summary>
    public CublasStatus State;

    /// <summary>Number of times that the blocks of the algorithm fill the GPU.</summary>
    public float Waves;

    private readonly int reserved0, reserved1, reserved2, reserved3;
}
