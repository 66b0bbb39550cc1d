namespace Fusion.Runtime.Tests.Calls;

/// <summary>A call that is right, with everything, on made-up addresses a MiB apart.</summary>
internal static class CallSamples
{
    public const int Tokens = 6;
    public const int Hidden = 64;
    public const ElementType BF16 = ElementType.BFloat16;
    public const ulong Step = 1 << 20;

    public static WorkspaceLayout Operation { get; } = WorkspaceLayout.For(4, Hidden, BF16, maxTokens: 8, maxOneShotTokens: 2);

    public static AllReduceCall Call { get; } = new()
    {
        Input = Matrix(1),
        Residual = Matrix(2),
        Norm = Normalization.Layer(Vector(3), Vector(4), 1e-5f),
        Quantization = Quantization.NvFp4(Scalar(5)),
        AllReduceOut = Matrix(6),
        ResidualOut = Matrix(7),
        NormOut = Matrix(8),
        QuantOut = Matrix(9, ElementType.Float4E2M1),
        // 4 blocks a row, padded to 128 rows.
        ScaleOut = DeviceTensor.Vector(10 * Step, ElementType.Float8E4M3, 512),
    };

    public static DeviceTensor Matrix(ulong number, ElementType type = BF16) => new(number * Step, type, Tokens, Hidden);

    public static DeviceTensor Vector(ulong number) => DeviceTensor.Vector(number * Step, BF16, Hidden);

    public static DeviceTensor Scalar(ulong number) => DeviceTensor.Vector((number * Step) + 4, ElementType.Float32, 1);

    public static AllReduceCall With(Quantization quantization, ElementType quantType, DeviceTensor? scales) => Call with
    {
        Quantization = quantization,
        QuantOut = Matrix(9, quantType),
        ScaleOut = scales,
    };

    public static DeviceTensor Scales(ElementType type, long count) => DeviceTensor.Vector(10 * Step, type, count);
}
