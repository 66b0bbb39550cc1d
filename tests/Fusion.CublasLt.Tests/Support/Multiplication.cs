using Fusion.Interop.CublasLt;
using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests.Support;

/// <summary>Does what cuBLASLt's documentation says of a matmul, from the descriptions alone, in an emulated GPU's memory: D = alpha ·
/// op(A) · op(B) + bias, of column-major matrices.</summary>
internal static unsafe class Multiplication
{
    private const int Block = 128;

    /// <summary>Computes the matmul that the library was asked for last.</summary>
    public static void Do(in FakeCublasLt.Launch launch)
    {
        var (aType, aRows, aColumns) = FakeCublasLt.LayoutOf(launch.ALayout);
        var (bType, bRows, bColumns) = FakeCublasLt.LayoutOf(launch.BLayout);
        var (dType, m, n) = FakeCublasLt.LayoutOf(launch.DLayout);
        var (isATransposed, isBTransposed) = (launch[MatmulProperty.TransposeA] == 1, launch[MatmulProperty.TransposeB] == 1);
        var depth = isATransposed ? aRows : aColumns;
        Assert.That((isATransposed ? aColumns : aRows, isBTransposed ? bRows : bColumns, isBTransposed ? bColumns : bRows), Is.EqualTo((m, n, depth)), "shapes");
        var (a, b) = (Read(launch.A, aType, aRows * aColumns), Read(launch.B, bType, bRows * bColumns));
        var scaleOfA = Scales(launch[MatmulProperty.ScaleOfAPointer], launch[MatmulProperty.ScaleModeOfA], m, depth);
        var scaleOfB = Scales(launch[MatmulProperty.ScaleOfBPointer], launch[MatmulProperty.ScaleModeOfB], n, depth);
        var hasBias = launch[MatmulProperty.Epilogue] == (ulong)MatmulEpilogue.Bias;
        var bias = hasBias ? Read(launch[MatmulProperty.BiasPointer], (CudaDataType)launch[MatmulProperty.BiasType], m) : null;

        var d = new float[m * n];
        for (var column = 0UL; column < n; column++)
        {
            for (var row = 0UL; row < m; row++)
            {
                var sum = 0f;
                for (var k = 0UL; k < depth; k++)
                {
                    var x = a[isATransposed ? k + (row * aRows) : row + (k * aRows)] * scaleOfA(row, k);
                    sum += x * b[isBTransposed ? column + (k * bRows) : k + (column * bRows)] * scaleOfB(column, k);
                }

                d[row + (column * m)] = (sum * launch.Alpha) + (bias?[row] ?? 0);
            }
        }

        Write(launch.D, dType, d);
    }

    // A scale by row and depth of A, or by column and depth of B.
    private static Func<ulong, ulong, float> Scales(ulong address, ulong mode, ulong outer, ulong depth)
    {
        if (address == 0) return (_, _) => 1;
        var blocks = (depth + Block - 1) / Block;
        switch ((MatrixScale)mode)
        {
            case MatrixScale.Row:
                var ofRows = Read(address, CudaDataType.F32, outer);
                return (row, _) => ofRows[row];
            case MatrixScale.Vector128:
                var ofVectors = Read(address, CudaDataType.F32, outer * blocks);
                return (row, k) => ofVectors[row + (k / Block * outer)];
            case MatrixScale.Block128:
                var stride = (blocks + 3) / 4 * 4;
                var ofBlocks = Read(address, CudaDataType.F32, (outer + Block - 1) / Block * stride);
                return (row, k) => ofBlocks[(row / Block * stride) + (k / Block)];
            default:
                var one = Read(address, CudaDataType.F32, 1)[0];
                return (_, _) => one;
        }
    }

    private static float[] Read(ulong address, CudaDataType type, ulong count)
    {
        var bytes = new byte[count * Width(type)];
        fixed (byte* p = bytes) Wait(GpuDriver.Library.Memory.CopyToHost(p, address, (nuint)bytes.Length, 0));
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            var at = bytes.AsSpan(i * (int)Width(type));
            values[i] = type switch
            {
                CudaDataType.Bf16 => (float)BFloat16.FromBits(BitConverter.ToUInt16(at)),
                CudaDataType.F16 => (float)BitConverter.ToHalf(at),
                CudaDataType.F8E4M3 => (float)Float8E4M3.FromBits(at[0]),
                _ => BitConverter.ToSingle(at),
            };
        }

        return values;
    }

    private static void Write(ulong address, CudaDataType type, float[] values)
    {
        var bytes = new byte[values.Length * (int)Width(type)];
        for (var i = 0; i < values.Length; i++)
        {
            var at = bytes.AsSpan(i * (int)Width(type));
            var isWritten = type switch
            {
                CudaDataType.Bf16 => BitConverter.TryWriteBytes(at, ((BFloat16)values[i]).Bits),
                CudaDataType.F16 => BitConverter.TryWriteBytes(at, (Half)values[i]),
                _ => BitConverter.TryWriteBytes(at, values[i]),
            };
            Assert.That(isWritten);
        }

        fixed (byte* p = bytes) Wait(GpuDriver.Library.Memory.CopyToDevice(address, p, (nuint)bytes.Length, 0));
    }

    private static void Wait(CudaResult copy)
    {
        GpuDriver.Check(copy, "cuMemcpyAsync");
        GpuDriver.Check(GpuDriver.Library.Context.Synchronize(), "cuCtxSynchronize");
    }

    private static ulong Width(CudaDataType type) => type switch { CudaDataType.F8E4M3 => 1, CudaDataType.F32 => 4, _ => 2 };
}
