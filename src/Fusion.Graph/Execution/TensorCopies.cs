using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Does casts and slices, by kernels of this assembly on a GPU and by plain loops on the CPU.</summary>
internal sealed class TensorCopies : IDisposable
{
    private const int Block = 256;
    private const int MaxGrid = 4096;

    private readonly Dictionary<GpuContext, KernelLibrary> libraries = [];

    /// <summary>Loads the kernels if the graph has such ops.</summary>
    public TensorCopies(RankGroup group, TensorGraph graph)
    {
        if (!graph.Ops.Any(op => op is CastOp or SliceOp && TensorLives.ViewOffset(op) is null)) return;
        foreach (var context in group.Ranks.Select(rank => rank.Context).OfType<GpuContext>().Distinct())
            libraries[context] = KernelLibrary.Load(typeof(TensorCopies).Assembly, context);
    }

    /// <summary>Casts a tensor.</summary>
    public unsafe void Cast(GpuStream? stream, DeviceTensor input, DeviceTensor output)
    {
        if (stream is null)
        {
            CpuCast.Run((void*)input.Address, input.Type, (void*)output.Address, output.Type, input.Count);
            return;
        }

        libraries[stream.Context].GetKernel($"cast_{CallWords.WordOf(input.Type)}_{CallWords.WordOf(output.Type)}").Launch(
            stream, Shape(input.Count),
            new DevicePointer<byte>(input.Address), new DevicePointer<byte>(output.Address), input.Count);
    }

    /// <summary>Copies a rectangle of a tensor.</summary>
    /// <param name="stream">The stream; null on the CPU.</param>
    /// <param name="input">The whole tensor.</param>
    /// <param name="output">The rectangle.</param>
    /// <param name="firstRow">Index of the rectangle's first row.</param>
    /// <param name="firstColumn">Index of the rectangle's first column.</param>
    public unsafe void Slice(GpuStream? stream, DeviceTensor input, DeviceTensor output, int firstRow, int firstColumn)
    {
        var pitch = DeviceTensor.ByteCount(input.Type, input.Columns);
        var bytes = DeviceTensor.ByteCount(output.Type, output.Columns);
        var from = input.Address + (ulong)((firstRow * pitch) + DeviceTensor.ByteCount(input.Type, firstColumn));
        if (stream is null)
        {
            for (var row = 0L; row < output.Rows; row++)
            {
                new ReadOnlySpan<byte>((byte*)from + (row * pitch), (int)bytes)
                    .CopyTo(new Span<byte>((byte*)output.Address + (row * bytes), (int)bytes));
            }

            return;
        }

        var isWide = (from | (ulong)pitch | (ulong)bytes | output.Address) % 16 == 0;
        libraries[stream.Context].GetKernel(isWide ? "copy_rows_16" : "copy_rows_1").Launch(
            stream, Shape(output.Rows * bytes / (isWide ? 16 : 1)),
            new DevicePointer<byte>(from), new DevicePointer<byte>(output.Address), output.Rows, bytes, pitch);
    }

    public void Dispose()
    {
        foreach (var library in libraries.Values) library.Dispose();
    }

    private static LaunchShape Shape(long elements) =>
        new((int)Math.Clamp((elements + Block - 1) / Block, 1, MaxGrid), Block);
}

/// <summary>Casts elements in host memory, each rounded to nearest even.</summary>
internal static unsafe class CpuCast
{
    public static void Run(void* from, ElementType fromType, void* to, ElementType toType, long count)
    {
        for (var i = 0L; i < count; i++)
        {
            var value = fromType switch
            {
                ElementType.BFloat16 => (float)((BFloat16*)from)[i],
                ElementType.Float16 => (float)((Half*)from)[i],
                _ => ((float*)from)[i],
            };
            switch (toType)
            {
                case ElementType.BFloat16:
                    ((BFloat16*)to)[i] = (BFloat16)value;
                    break;
                case ElementType.Float16:
                    ((Half*)to)[i] = (Half)value;
                    break;
                default:
                    ((float*)to)[i] = value;
                    break;
            }
        }
    }
}
