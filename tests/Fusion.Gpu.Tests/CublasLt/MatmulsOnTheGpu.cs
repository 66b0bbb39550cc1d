using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.CublasLt;

/// <summary>cuBLASLt's products beside exact ones.</summary>
public sealed class MatmulsOnTheGpu : CublasLtTest
{
    private static readonly (ElementType, ElementType)[] Types =
    [
        (ElementType.BFloat16, ElementType.BFloat16), (ElementType.BFloat16, ElementType.Float32),
        (ElementType.Float16, ElementType.Float16), (ElementType.Float16, ElementType.Float32),
        (ElementType.Float8E4M3, ElementType.BFloat16), (ElementType.Float8E4M3, ElementType.Float16), (ElementType.Float8E4M3, ElementType.Float32),
    ];

    private static readonly int[][] Shapes = [[1, 16, 16], [1, 256, 512], [3, 48, 80], [16, 128, 256], [33, 512, 384], [130, 64, 1024]];

    [Test]
    public void AreRightInAllTypes(
        [ValueSource(nameof(Types))] (ElementType Input, ElementType Output) types, [ValueSource(nameof(Shapes))] int[] shape, [Values] bool hasBias)
    {
        Require(types.Input, MatmulScaling.Tensor);
        using var reference = new MatmulReference(Context, shape[0], shape[1], shape[2], types.Input, types.Output, hasBias, alpha: hasBias ? 0.75f : 1);
        reference.ClearOutput();
        Matmul.Launch(Stream, reference.Call);
        Stream.Synchronize();
        reference.Check($"cuBLASLt {Matmul.Version}");
    }

    [TestCase(MatmulScaling.Row, ElementType.BFloat16)]
    [TestCase(MatmulScaling.Row, ElementType.Float32)]
    [TestCase(MatmulScaling.Block128, ElementType.BFloat16)]
    [TestCase(MatmulScaling.Block128, ElementType.Float32)]
    public void AreRightWithScalesByRowAndByBlock(MatmulScaling scaling, ElementType output)
    {
        Require(ElementType.Float8E4M3, scaling);
        // Scales of single tokens by block would begin at addresses that are no multiples of 16.
        foreach (var (tokens, columns, depth) in new[] { (scaling == MatmulScaling.Row ? 1 : 12, 256, 512), (4, 128, 256), (64, 384, 640), (128, 256, 1024) })
        {
            using var reference = new MatmulReference(Context, tokens, columns, depth, ElementType.Float8E4M3, output, scaling: scaling);
            reference.ClearOutput();
            Matmul.Launch(Stream, reference.Call);
            Stream.Synchronize();
            reference.Check($"[{tokens}, {columns}, {depth}], cuBLASLt {Matmul.Version}");
        }
    }

    // q, k and v; o; gate and up; down of Llama-3-8B, whole and on two ranks.
    [TestCase(6144, 4096)]
    [TestCase(4096, 4096)]
    [TestCase(14336, 4096)]
    [TestCase(4096, 7168)]
    public void OfLlamaAreRightWithTokensOfADecodeAndOfAPrefill(int columns, int depth)
    {
        foreach (var type in new[] { ElementType.BFloat16, ElementType.Float8E4M3 })
        {
            if (type == ElementType.Float8E4M3) Require(type, MatmulScaling.Tensor);
            foreach (var tokens in new[] { 1, 8, 40 })
            {
                using var reference = new MatmulReference(Context, tokens, columns, depth, type, ElementType.BFloat16);
                using var prepared = Matmul.Prepare(reference.Call);
                reference.ClearOutput();
                prepared.Launch(Stream);
                Stream.Synchronize();
                reference.Check($"{type} [{tokens}, {columns}, {depth}]");
                var bits = reference.ReadBytes();
                reference.ClearOutput();
                prepared.Launch(Stream);
                Stream.Synchronize();
                Assert.That(reference.ReadBytes(), Is.EqualTo(bits), "the same call, the same bits");
            }
        }
    }

    [Test]
    public void AtAddressesOfLittleAlignmentAreRight()
    {
        using var reference = new MatmulReference(Context, 9, 48, 64, ElementType.BFloat16, ElementType.BFloat16);
        using var room = new DeviceBuffer<byte>(Context, reference.Call.Input.Bytes + 16);
        var bytes = new byte[reference.Call.Input.Bytes];
        new DeviceSpanReader(Context, reference.Call.Input.Address).CopyTo(bytes);
        room.Slice(16).CopyFrom(bytes);
        Matmul.Launch(Stream, reference.Call with { Input = reference.Call.Input with { Address = room.Pointer.Address + 16 } });
        Stream.Synchronize();
        reference.Check("an input 16 bytes behind an allocation's start");
    }

    private readonly struct DeviceSpanReader(GpuContext context, ulong address)
    {
        public unsafe void CopyTo(byte[] bytes)
        {
            context.MakeCurrent();
            fixed (byte* p = bytes)
            {
                using var stream = new GpuStream(context);
                GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(p, address, (nuint)bytes.Length, stream.Handle), "cuMemcpyDtoHAsync");
                stream.Synchronize();
            }
        }
    }
}
