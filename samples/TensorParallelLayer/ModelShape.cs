using Fusion.Runtime;

namespace TensorParallelLayer;

/// <summary>What of a model matters for its all-reduces.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Hidden">Elements of a token.</param>
/// <param name="Epsilon">Of its RMSNorm.</param>
/// <param name="Kind">What its matmuls read: FP8 with one scale, or NVFP4.</param>
/// <param name="QuantScale">Scale of FP8, global scale of NVFP4. A real model has one for each matmul, from calibration.</param>
/// <param name="Source">Where the numbers come from.</param>
internal sealed record ModelShape(
    string Name, int Hidden, float Epsilon, QuantizationKind Kind, float QuantScale, string Source)
{
    /// <summary>The models of this sample.</summary>
    public static IReadOnlyList<ModelShape> All { get; } =
    [
        new("llama-3-8b", 4096, 1e-5f, QuantizationKind.StaticFp8, QuantScale: 8 / 448f,
            "config.json of meta-llama/Meta-Llama-3-8B: hidden_size, rms_norm_eps"),
        new("qwen3-32b", 5120, 1e-6f, QuantizationKind.NvFp4, QuantScale: 448 * 6 / 8f,
            "config.json of Qwen/Qwen3-32B: hidden_size, rms_norm_eps"),
    ];

    /// <summary>The quantization behind each norm.</summary>
    /// <param name="scale">One float, where the rank can read it.</param>
    public Quantization Quantize(DeviceTensor scale) =>
        Kind == QuantizationKind.NvFp4 ? Quantization.NvFp4(scale) : Quantization.StaticFp8(scale);

    /// <summary>What the codes are.</summary>
    public ElementType CodeType => Kind == QuantizationKind.NvFp4 ? ElementType.Float4E2M1 : ElementType.Float8E4M3;
}
