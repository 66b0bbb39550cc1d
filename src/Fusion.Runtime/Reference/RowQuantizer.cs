using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Quantizes a rank's rows: docs/numbers.md, steps 4 and 5.</summary>
internal sealed unsafe class RowQuantizer
{
    private const float LargestE4M3 = 448;
    private const float LargestE2M1 = 6;
    private const float SmallestTokenScale = (float)(1 / (512.0 * 448.0));
    private const float SmallestGroupScale = 1e-10f;

    private readonly QuantizationKind kind;
    private readonly ScaleLayout layout;
    private readonly int hidden;
    private readonly int blocks;
    private readonly int group;
    private readonly bool floatScales;
    private readonly float givenScale;
    private readonly byte* codes;
    private readonly byte* scales;

    /// <summary>Reads a given scale, and zeroes the output of scales, whose padding no row writes.</summary>
    /// <param name="call">Call of the rank, whose tensors are in host memory.</param>
    /// <param name="tokens">Number of rows.</param>
    /// <param name="hidden">Number of elements of a row.</param>
    public RowQuantizer(in AllReduceCall call, long tokens, int hidden)
    {
        var quantization = call.Quantization;
        this.hidden = hidden;
        kind = quantization.Kind;
        layout = ScaleLayouts.Layout(quantization);
        blocks = ScaleLayouts.BlocksPerRow(quantization, hidden);
        group = blocks == 0 ? hidden : hidden / blocks;
        floatScales = ScaleLayouts.ScaleType(quantization) == ElementType.Float32;
        if (quantization.Scale is { } scale) givenScale = *(float*)scale.Address;
        if (call.QuantOut is { } quantOut) codes = (byte*)quantOut.Address;
        if (call.ScaleOut is not { } scaleOut) return;
        scales = (byte*)scaleOut.Address;
        NativeMemory.Clear(scales, checked((nuint)ScaleLayouts.ByteCount(quantization, tokens, hidden)));
    }

    /// <summary>Writes the codes and scales of a row.</summary>
    /// <param name="row">The row after the norm.</param>
    /// <param name="token">Index of the row.</param>
    public void Apply(ReadOnlySpan<float> row, long token)
    {
        if (kind == QuantizationKind.None) return;
        if (kind == QuantizationKind.StaticFp8)
        {
            var factor = 1 / givenScale;
            for (var i = 0; i < row.Length; i++) WriteE4M3(token, i, row[i] * factor);
            return;
        }

        for (var block = 0; block < blocks; block++) Apply(row.Slice(block * group, group), token, block);
    }

    private void Apply(ReadOnlySpan<float> values, long token, int block)
    {
        var amax = LargestMagnitude(values);
        var first = block * group;
        if (kind == QuantizationKind.NvFp4)
        {
            var stored = (Float8E4M3)(givenScale * (amax / LargestE2M1));
            WriteScale(token, block, stored.Bits);
            var factor = (float)stored != 0 ? givenScale / (float)stored : 0;
            for (var i = 0; i < values.Length; i += 2)
            {
                WriteE2M1Pair(token, first + i, values[i] * factor, values[i + 1] * factor);
            }

            return;
        }

        var scale = amax / LargestE4M3;
        scale = kind switch
        {
            QuantizationKind.PerTokenFp8 => MathF.Max(scale, SmallestTokenScale),
            QuantizationKind.PerGroupFp8 => MathF.Max(scale, SmallestGroupScale),
            QuantizationKind.MxFp8 => scale,
            _ => throw new NotSupportedException($"The reference has no arithmetic for {kind}."),
        };
        if (floatScales)
        {
            WriteScale(token, block, scale);
        }
        else
        {
            var stored = (Float8UE8M0)scale;
            WriteScale(token, block, stored.Bits);
            scale = (float)stored;
        }

        for (var i = 0; i < values.Length; i++) WriteE4M3(token, first + i, values[i] / scale);
    }

    // Math.Max would return NaN for a group that contains one.
    private static float LargestMagnitude(ReadOnlySpan<float> values)
    {
        var largest = 0f;
        foreach (var value in values)
        {
            var magnitude = MathF.Abs(value);
            if (magnitude > largest) largest = magnitude;
        }

        return largest;
    }

    private void WriteE4M3(long token, int column, float value)
    {
        if (codes != null) codes[(token * hidden) + column] = ((Float8E4M3)value).Bits;
    }

    private void WriteE2M1Pair(long token, int column, float even, float odd)
    {
        if (codes != null) codes[((token * hidden) + column) / 2] = Float4E2M1.Pack((Float4E2M1)even, (Float4E2M1)odd);
    }

    private void WriteScale(long token, int block, byte scale)
    {
        if (scales != null) scales[ScaleLayouts.Offset(layout, token, block, blocks)] = scale;
    }

    private void WriteScale(long token, int block, float scale)
    {
        if (scales != null) ((float*)scales)[ScaleLayouts.Offset(layout, token, block, blocks)] = scale;
    }
}
