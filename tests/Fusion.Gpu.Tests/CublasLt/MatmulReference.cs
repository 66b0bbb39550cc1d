using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.CublasLt;

/// <summary>A matmul's tensors on a GPU, with the numbers that the output has in exact arithmetic.</summary>
internal sealed class MatmulReference : IDisposable
{
    private const int Block = 128;

    private readonly List<IDisposable> buffers = [];
    private readonly GpuContext context;
    private readonly double[] exact, magnitude;

    public MatmulReference(
        GpuContext context, int tokens, int columns, int depth, ElementType type, ElementType output, bool hasBias = false,
        MatmulScaling scaling = MatmulScaling.Tensor, float alpha = 1, int seed = 1)
    {
        this.context = context;
        var random = new Random(seed);
        var x = Numbers(random, (long)tokens * depth, type, out var input);
        var w = Numbers(random, (long)columns * depth, type, out var weight);
        var isFp8 = type == ElementType.Float8E4M3;
        var blocks = depth / Block;
        var padded = (blocks + 3) / 4 * 4;
        var inputScales = Scales(random, !isFp8 ? 0 : scaling switch { MatmulScaling.Row => tokens, MatmulScaling.Block128 => blocks * tokens, _ => 1 });
        var weightScales = Scales(random, !isFp8 ? 0 : scaling switch { MatmulScaling.Row => columns, MatmulScaling.Block128 => (columns + Block - 1) / Block * padded, _ => 1 });
        var biasType = isFp8 && output == ElementType.Float32 ? ElementType.BFloat16 : output;
        var bias = Numbers(random, hasBias ? columns : 0, biasType, out var biases);
        Call = new()
        {
            Input = new(Copy<byte>(input), type, tokens, depth),
            Weight = new(Copy<byte>(weight), type, columns, depth),
            Output = new(Copy(new byte[DeviceTensor.ByteCount(output, (long)tokens * columns)]), output, tokens, columns),
            Bias = hasBias ? new(Copy<byte>(biases), biasType, 1, columns) : null,
            Scaling = isFp8 ? scaling : MatmulScaling.Tensor,
            InputScale = inputScales.Length == 0 ? null : scaling == MatmulScaling.Block128
                ? new(Copy<float>(inputScales), ElementType.Float32, blocks, tokens) : DeviceTensor.Vector(Copy<float>(inputScales), ElementType.Float32, inputScales.Length),
            WeightScale = weightScales.Length == 0 ? null : scaling == MatmulScaling.Block128
                ? new(Copy<float>(weightScales), ElementType.Float32, weightScales.Length / padded, padded)
                : DeviceTensor.Vector(Copy<float>(weightScales), ElementType.Float32, weightScales.Length),
            Alpha = alpha,
        };

        (exact, magnitude) = (new double[(long)tokens * columns], new double[(long)tokens * columns]);
        Parallel.For(0, tokens, token =>
        {
            for (var column = 0; column < columns; column++)
            {
                var (sum, size) = (0.0, 0.0);
                for (var k = 0; k < depth; k++)
                {
                    var product = (double)x[((long)token * depth) + k] * w[((long)column * depth) + k];
                    if (isFp8)
                    {
                        product *= scaling switch
                        {
                            MatmulScaling.Row => (double)inputScales[token] * weightScales[column],
                            MatmulScaling.Block128 => (double)inputScales[(k / Block * tokens) + token] * weightScales[(column / Block * padded) + (k / Block)],
                            _ => (double)inputScales[0] * weightScales[0],
                        };
                    }

                    sum += product;
                    size += Math.Abs(product);
                }

                var at = ((long)token * columns) + column;
                exact[at] = (sum * alpha) + (hasBias ? bias[column] : 0);
                magnitude[at] = (size * Math.Abs(alpha)) + (hasBias ? Math.Abs(bias[column]) : 0);
            }
        });
    }

    public MatmulCall Call { get; }

    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

    /// <summary>Asserts that the output is the exact one, but for a rounding to its type and the errors of f32 sums.</summary>
    public void Check(string what)
    {
        var found = Floats(ReadBytes(), Call.Output.Type);
        // Half a unit in the last place, and for sums of f32 an error that grows with the depth; FP8's tensor cores keep 14 bits.
        var rounding = Call.Output.Type switch { ElementType.BFloat16 => 1.0 / 256, ElementType.Float16 => 1.0 / 2048, _ => 1.0 / (1 << 23) };
        var summing = Call.Input.Type == ElementType.Float8E4M3 ? 1.0 / (1 << 13) : 1.0 / (1 << 20);
        for (var i = 0; i < exact.Length; i++)
        {
            var allowed = (Math.Abs(exact[i]) * rounding) + (magnitude[i] * summing);
            if (Math.Abs(found[i] - exact[i]) <= allowed) continue;
            Assert.Fail($"{what}: element {i} of {Call.Output.Rows} × {Call.Output.Columns} is {found[i]}; exact is {exact[i]}, allowed are {allowed} more or less");
        }
    }

    public byte[] ReadBytes() => ((DeviceBuffer<byte>)OutputBuffer).Read();

    public void ClearOutput() => OutputBuffer.FillBytes(0xFF);

    private DeviceBuffer<byte> OutputBuffer => buffers.OfType<DeviceBuffer<byte>>().Single(buffer => buffer.Pointer.Address == Call.Output.Address);

    private static float[] Scales(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 0.25f + random.NextSingle())];

    private static float[] Numbers(Random random, long count, ElementType type, out byte[] bytes)
    {
        bytes = new byte[DeviceTensor.ByteCount(type, count)];
        var width = (int)DeviceTensor.ByteCount(type, 1);
        for (var i = 0; i < count; i++)
        {
            var value = (random.NextSingle() * 2) - 1;
            var at = bytes.AsSpan(i * width);
            switch (type)
            {
                case ElementType.BFloat16: BitConverter.TryWriteBytes(at, ((BFloat16)value).Bits); break;
                case ElementType.Float16: BitConverter.TryWriteBytes(at, (Half)value); break;
                case ElementType.Float8E4M3: at[0] = ((Float8E4M3)(value * 8)).Bits; break;
                default: BitConverter.TryWriteBytes(at, value); break;
            }
        }

        return Floats(bytes, type);
    }

    private static float[] Floats(byte[] bytes, ElementType type)
    {
        var width = (int)DeviceTensor.ByteCount(type, 1);
        var values = new float[bytes.Length / width];
        for (var i = 0; i < values.Length; i++)
        {
            var at = bytes.AsSpan(i * width);
            values[i] = type switch
            {
                ElementType.BFloat16 => (float)BFloat16.FromBits(BitConverter.ToUInt16(at)),
                ElementType.Float16 => (float)BitConverter.ToHalf(at),
                ElementType.Float8E4M3 => (float)Float8E4M3.FromBits(at[0]),
                _ => BitConverter.ToSingle(at),
            };
        }

        return values;
    }

    private ulong Copy<T>(T[] values)
        where T : unmanaged
    {
        var buffer = new DeviceBuffer<T>(context, values);
        buffers.Add(buffer);
        return buffer.Pointer.Address;
    }
}

internal static class Buffers
{
    public static T[] Read<T>(this DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        var values = new T[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }
}
