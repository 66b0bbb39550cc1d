using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A matmul in plain C# for ranks on the CPU, for tests and samples: y = x · wᵀ, with float32 accumulation in the
/// order of the columns and one rounding. It is written to be clear rather than fast.</summary>
/// <remarks>x is [rows, K] of bf16, f16, f32, e4m3 or e2m1, and w [N, K] of one of them. Codes are multiplied without their
/// scales, which the model applies.</remarks>
public static class CpuMatmul
{
    /// <summary>Makes the custom op <c>matmul</c> with a type of result.</summary>
    /// <param name="result">Type of the result's elements: bf16, f16 or f32.</param>
    public static CustomOp To(ElementType result) => new("matmul", types => ShapeOf(types, result), Run);

    /// <summary>Computes the type of the result, [rows, N], of x [rows, K] and w [N, K]; further operands, such as scales,
    /// are ignored.</summary>
    /// <param name="types">Types of the operands.</param>
    /// <param name="result">Type of the result's elements.</param>
    /// <exception cref="ArgumentException">The operands do not fit.</exception>
    public static IReadOnlyList<TensorType> ShapeOf(IReadOnlyList<TensorType> types, ElementType result)
    {
        ArgumentNullException.ThrowIfNull(types);
        if (types.Count < 2) throw new ArgumentException($"there are {types.Count} operands; expected are x and w");
        if (types[0].Columns != types[1].Columns || types[1].Rows.IsPerToken)
            throw new ArgumentException($"x is {types[0]} and w {types[1]}; expected is w of [N, {types[0].Columns}]");
        return [new(types[0].Rows, types[1].Rows.Count, result)];
    }

    /// <summary>Multiplies x by the transpose of w.</summary>
    /// <param name="launch">Inputs x and w and output y, in host memory.</param>
    public static void Run(CustomLaunch launch)
    {
        Run(new MatmulCall { Input = launch.Inputs[0], Weight = launch.Inputs[1], Output = launch.Outputs[0] });
    }

    /// <summary>Does what cuBLASLt does on a GPU: the sum in the order of the columns, times the scales' product, times alpha, plus the
    /// bias, each in f32, and one rounding.</summary>
    internal static void Run(MatmulCall call)
    {
        var (x, w, y) = (call.Input, call.Weight, call.Output);
        var (depth, columns) = ((int)x.Columns, (int)w.Rows);
        var bias = call.Bias is { } given ? Read(given) : null;
        var (inputScales, weightScales) = (Scales(call.InputScale), Scales(call.WeightScale));
        var weights = Read(w);
        var inputs = Read(x);
        Parallel.For(0L, x.Rows, row =>
        {
            var sums = new float[columns];
            for (var column = 0; column < columns; column++)
            {
                var sum = 0f;
                for (var k = 0; k < depth; k++)
                    sum = MathF.FusedMultiplyAdd(inputs[(row * depth) + k], weights[((long)column * depth) + k], sum);
                sum *= inputScales[inputScales.Length == 1 ? 0 : row] * weightScales[weightScales.Length == 1 ? 0 : column] * call.Alpha;
                sums[column] = bias is null ? sum : sum + bias[column];
            }

            Write(y, row, sums);
        });
    }

    private static float[] Scales(in DeviceTensor? scales) => scales is { } given ? Read(given) : [1f];

    private static unsafe float[] Read(DeviceTensor tensor)
    {
        var values = new float[tensor.Count];
        for (var i = 0L; i < values.Length; i++)
        {
            values[i] = tensor.Type switch
            {
                ElementType.BFloat16 => (float)((BFloat16*)tensor.Address)[i],
                ElementType.Float16 => (float)((Half*)tensor.Address)[i],
                ElementType.Float32 => ((float*)tensor.Address)[i],
                ElementType.Float8E4M3 => (float)((Float8E4M3*)tensor.Address)[i],
                ElementType.Float4E2M1 => Nibble(((byte*)tensor.Address)[i / 2], i),
                _ => throw new NotSupportedException(
                    $"A matmul of {tensor.Type} is not here; take bf16, f16, f32, e4m3 or e2m1."),
            };
        }

        return values;
    }

    private static float Nibble(byte pair, long index)
    {
        var (even, odd) = Float4E2M1.Unpack(pair);
        return (float)(index % 2 == 0 ? even : odd);
    }

    private static unsafe void Write(DeviceTensor tensor, long row, float[] values)
    {
        fixed (float* from = values)
        {
            var to = tensor.Address + (ulong)DeviceTensor.ByteCount(tensor.Type, row * tensor.Columns);
            CpuCast.Run(from, ElementType.Float32, (void*)to, tensor.Type, values.Length);
        }
    }
}
