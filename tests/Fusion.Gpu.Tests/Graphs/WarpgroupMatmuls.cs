using System.Runtime.InteropServices;
using Fusion.Gpu.Tests.Ranks;
using Fusion.Graph;
using Fusion.Runtime;
using Llama.Gpu;
using Llama.Tests.Support;

namespace Fusion.Gpu.Tests.Graphs;

/// <summary>Matmuls of 9 to 32 rows by warpgroups, on GPUs that have them.</summary>
public sealed class WarpgroupMatmuls : GpuGroupTest
{
    private const int MostRows = WarpgroupLaunch.MostRows;

    [SetUp]
    public void NeedHopper()
    {
        if (!WarpgroupLaunch.IsOn(OpenGpus.Group(1).Ranks[0].Context!.Device)) Assert.Ignore("The GPU has no warpgroups.");
    }

    // Columns for each width of a tile, some that fill no tile, and more tiles than multiprocessors; depths of one chunk, of an odd number and of
    // more than a ring holds.
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 48, 128)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 3072, 4096)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 4096, 7168)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 5120, 640)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float16, 7008, 384)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float32, 20000, 256)]
    [TestCase(ElementType.BFloat16, ElementType.BFloat16, 3072, 4096)]
    [TestCase(ElementType.BFloat16, ElementType.Float32, 20000, 192)]
    [TestCase(ElementType.BFloat16, ElementType.Float32, 1000, 64)]
    [TestCase(ElementType.Float16, ElementType.Float16, 5120, 832)]
    [TestCase(ElementType.Float16, ElementType.Float32, 4097, 2048)]
    public void HaveTheSumsOfTheGraphsOwnWhateverIsBesideARow(ElementType type, ElementType output, int columns, int depth)
    {
        var group = OpenGpus.Group(1);
        var graph = Graph(type, output, columns, depth);
        using var own = Compile(graph, group, type, columns, depth, 0);
        using var warpgroups = Compile(graph, group, type, columns, depth, MostRows);
        var expected = Numbers(own.Run(MostRows).Read<byte>(0, "y"), output);
        var all = Run(warpgroups, MostRows);
        var made = Numbers(all, output);
        var size = expected.Max(MathF.Abs);
        Assert.That(size, Is.GreaterThan(0.5f), "numbers that tell something");
        // Products of e4m3 are added with 14 bits in each chunk; then comes the rounding of the output.
        var near = size * (type == ElementType.Float8E4M3 ? 1f / 1024 : 1f / 16384);
        for (var i = 0; i < made.Length; i++)
            Assert.That(made[i], Is.EqualTo(expected[i]).Within(near + (MathF.Abs(expected[i]) / 128)), $"element {i}, near {near}");
        foreach (var rows in new[] { 9, 16, 17, 31 })
            Assert.That(Run(warpgroups, rows).AsSpan().SequenceEqual(all.AsSpan(0, all.Length / MostRows * rows)), $"{rows} rows");
    }

    [TestCase(ElementType.BFloat16, ElementType.Float8E4M3, 7168, 512)]
    [TestCase(ElementType.BFloat16, ElementType.Float8E4M3, 8000, 384)]
    [TestCase(ElementType.Float16, ElementType.Float8E4M3, 3584, 1280)]
    [TestCase(ElementType.BFloat16, ElementType.BFloat16, 3000, 256)]
    [TestCase(ElementType.Float16, ElementType.Float16, 7168, 192)]
    public void WithGateAndUpInOneKernelAreNearThoseOfTwo(ElementType rounded, ElementType type, int columns, int depth)
    {
        using var test = new TestCheckpoint(Tiny.Llama with { HeadSize = 32, Type = rounded == ElementType.BFloat16 ? Llama.Model.Safetensors.TensorDataType.BFloat16 : Llama.Model.Safetensors.TensorDataType.Float16 });
        var group = OpenGpus.Group(1);
        using var runner = GpuModelRunner.Load(test.Checkpoint, group, new(32, 3, 16, 24, 128), new() { Matmuls = MatmulKernels.Own });
        var isFp8 = type == ElementType.Float8E4M3;
        var op = isFp8 ? runner.Ops.MergedSwiGluFp8() : runner.Ops.MergedSwiGlu();
        var taken = 0;
        var counted = op with { LaunchWithMatmul = (launch, matmul) => op.LaunchWithMatmul!(launch, matmul) && ++taken > 0 };
        foreach (var rows in new[] { 9, 16, 32 })
        {
            taken = 0;
            var together = Numbers(Gated(group, counted, rounded, type, columns, depth, rows), type);
            Assert.That(taken, Is.EqualTo(1), $"{rows} rows");
            var apart = Numbers(Gated(group, op with { LaunchWithMatmul = null }, rounded, type, columns, depth, rows), type);
            Assert.That(apart.Max(MathF.Abs), Is.GreaterThan(0.25f), "numbers that tell something");
            for (var i = 0; i < apart.Length; i++)
                Assert.That(together[i], Is.EqualTo(apart[i]).Within(0.02f + (MathF.Abs(apart[i]) / (isFp8 ? 7.9f : 64))), $"{rows} rows, element {i}");
            Assert.That(together.Zip(apart).Count(pair => pair.First == pair.Second), Is.GreaterThan(apart.Length * 9 / 10));
        }
    }

    private static TensorGraph Graph(ElementType type, ElementType output, int columns, int depth)
    {
        var b = new GraphBuilder("matmul");
        var (x, w) = (b.Input("x", depth, type), b.Weight("w", columns, depth, type));
        var y = type == ElementType.Float8E4M3
            ? x.Matmul(w, output: output, inputScale: b.Scalar("sx"), weightScale: b.Scalar("sw"))
            : x.Matmul(w, b.Weight("bias", 1, columns, output), output);
        return b.Output("y", y).Build();
    }

    private static CompiledGraph Compile(TensorGraph graph, RankGroup group, ElementType type, int columns, int depth, int skinny)
    {
        var compiled = graph.Compile(group, new() { MaxTokens = MostRows, Buckets = [], Matmuls = MatmulKernels.Own, SkinnyRows = skinny });
        compiled.SetInput<byte>(0, "x", Bytes(type, MostRows * depth, 1));
        compiled.SetWeight<byte>(0, "w", Bytes(type, columns * depth, 2));
        if (type == ElementType.Float8E4M3)
        {
            compiled.SetWeight<float>(0, "sx", [0.5f]);
            compiled.SetWeight<float>(0, "sw", [0.25f]);
        }
        else compiled.SetWeight<byte>(0, "bias", Bytes(graph.Outputs[0].Tensor.Type.Elements, columns, 3));
        return compiled;
    }

    private static byte[] Run(CompiledGraph compiled, int rows) => compiled.Run(rows).Read<byte>(0, "y");

    private static byte[] Gated(RankGroup group, CustomOp op, ElementType rounded, ElementType type, int columns, int depth, int rows)
    {
        var b = new GraphBuilder("gated");
        var (x, w) = (b.Input("x", depth, type), b.Weight("w", 2 * columns, depth, type));
        var isFp8 = type == ElementType.Float8E4M3;
        var product = isFp8 ? x.Matmul(w, output: rounded, inputScale: b.Scalar("sx"), weightScale: b.Scalar("sw")) : x.Matmul(w);
        var y = isFp8 ? product.Call(op, b.Scalar("sy")) : product.Call(op);
        using var compiled = b.Output("y", y).Build().Compile(group, new() { MaxTokens = MostRows, Buckets = [], Matmuls = MatmulKernels.Own, SkinnyRows = MostRows });
        compiled.SetInput<byte>(0, "x", Bytes(type, rows * depth, 1));
        compiled.SetWeight<byte>(0, "w", Bytes(type, 2 * columns * depth, 2));
        if (isFp8)
        {
            foreach (var (name, scale) in new[] { ("sx", 0.5f), ("sw", 0.25f), ("sy", 0.125f) }) compiled.SetWeight<float>(0, name, [scale]);
        }

        return compiled.Run(rows).Read<byte>(0, "y");
    }

    // Drawn from a table: there are millions of them.
    private static byte[] Bytes(ElementType type, int count, int seed)
    {
        var random = new Random(seed);
        var size = (int)DeviceTensor.ByteCount(type, 1);
        var table = new byte[1024 * size];
        for (var i = 0; i < 1024; i++)
        {
            var value = (float)((random.NextDouble() - 0.5) * (type == ElementType.Float8E4M3 ? 2 : 0.5));
            var place = table.AsSpan(i * size, size);
            if (type == ElementType.Float8E4M3) place[0] = ((Float8E4M3)value).Bits;
            else if (type == ElementType.BFloat16) MemoryMarshal.Write(place, (BFloat16)value);
            else if (type == ElementType.Float16) MemoryMarshal.Write(place, (Half)value);
            else MemoryMarshal.Write(place, value);
        }

        var bytes = new byte[count * size];
        var state = (uint)seed;
        for (var i = 0; i < count; i++)
        {
            state = (state * 1664525) + 1013904223;
            table.AsSpan((int)(state >> 22) * size, size).CopyTo(bytes.AsSpan(i * size));
        }

        return bytes;
    }

    private static float[] Numbers(byte[] bytes, ElementType type) => type switch
    {
        ElementType.BFloat16 => [.. MemoryMarshal.Cast<byte, BFloat16>(bytes).ToArray().Select(value => (float)value)],
        ElementType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(value => (float)value)],
        ElementType.Float8E4M3 => [.. bytes.Select(bits => (float)Float8E4M3.FromBits(bits))],
        _ => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
    };
}
