using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A matmul in plain C# for ranks on the CPU, for tests and samples: y = x · wᵀ, float32 accumulation in the order of
/// the columns, one rounding. Clear rather than fast.</summary>
/// <remarks>It reads x [rows, K] of bf16, f16, f32 e4m3 or e2m1, and w [N, K] of the same. Codes are taken
/// as they are: where the scales go is the model's matter.</remarks>
public static class CpuMatmul
{
    /// <summary>The op <c>matmul</c>, whose result has a type.</summary>
    /// <param name="result">Type of the result: bf16, f16 or f32.</param>
    public static CustomOp To(ElementType result) => new("matmul", types => ShapeOf(types, result), Run);

    /// <summary>Type of the result of x [rows, K] and w [N, K]; further operands, such as scales, are not looked at.</summary>
    /// <param name="types">Of the operands.</param>
    /// <param name="result">Type of the result's elements.</param>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public static IReadOnlyList<TensorType> ShapeOf(IReadOnlyList<TensorType> types, ElementType result)
    {
        ArgumentNullException.ThrowIfNull(types);
        if (types.Count < 2) throw new ArgumentException($"there are {types.Count} operands; expected are x and w");
        if (types[0].Columns != types[1].Columns || types[1].Rows.IsPerToken)
            throw new ArgumentException($"x is {types[0]} and w {types[1]}; expected is w of [N, {types[0].Columns}]");
        return [new(types[0].Rows, types[1].Rows.Count, result)];
    }

    /// <summary>Multiplies.</summary>
    /// <param name="launch">x and w, and where y goes, in host memory.</param>
    public static void Run(CustomLaunch launch)
    {
        var (x, w, y) = (launch.Inputs[0], launch.Inputs[1], launch.Outputs[0]);
        var (depth, columns) = ((int)x.Columns, (int)w.Rows);
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
                sums[column] = sum;
            }

            Write(y, row, sums);
        });
    }

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
