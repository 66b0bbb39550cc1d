using Fusion.Runtime;

namespace TensorParallelLayer;

/// <summary>From codes and scales back to numbers, as the matmul that reads them would.</summary>
internal static class Activations
{
    public static float[] Of(ModelShape model, RankOutput output) => model.Kind == QuantizationKind.NvFp4
        ? OfNvFp4(model, output.Codes, output.Scales)
        : OfFp8(model, output.Codes);

    private static float[] OfFp8(ModelShape model, ReadOnlySpan<byte> codes)
    {
        var numbers = new float[codes.Length];
        for (var i = 0; i < codes.Length; i++) numbers[i] = (float)Float8E4M3.FromBits(codes[i]) * model.QuantScale;
        return numbers;
    }

    // Two codes a byte; 16 neighbours share a scale, whose place ScaleLayouts knows.
    private static float[] OfNvFp4(ModelShape model, ReadOnlySpan<byte> codes, ReadOnlySpan<byte> scales)
    {
        var numbers = new float[codes.Length * 2];
        var blocks = model.Hidden / Quantization.NvFp4Block;
        for (var i = 0; i < numbers.Length; i++)
        {
            var (row, column) = (i / model.Hidden, i % model.Hidden);
            var at = ScaleLayouts.Offset(ScaleLayout.Swizzled128x4, row, column / Quantization.NvFp4Block, blocks);
            var (even, odd) = Float4E2M1.Unpack(codes[i / 2]);
            numbers[i] = (float)(i % 2 == 0 ? even : odd) * (float)Float8E4M3.FromBits(scales[(int)at]) / model.QuantScale;
        }

        return numbers;
    }
}
