using System.Runtime.InteropServices;
using Fusion.Gpu.Tests;
using Fusion.Graph;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Matmuls of graphs on emulated GPUs, which the graph's own kernels do: the bits of ranks on the CPU.</summary>
public sealed class MatmulsOfGraphs
{
    private const int MaxTokens = 40;

    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    // Depths and columns that fill no tile, and tokens that fill one, none and several.
    [TestCase(ElementType.BFloat16, ElementType.BFloat16, 70, 41)]
    [TestCase(ElementType.BFloat16, ElementType.Float32, 31, 64)]
    [TestCase(ElementType.Float16, ElementType.Float16, 64, 33)]
    [TestCase(ElementType.Float16, ElementType.Float32, 96, 7)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 80, 48)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float16, 32, 16)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float32, 112, 80)]
    public void HaveTheBitsOfTheCpu(ElementType type, ElementType output, int depth, int columns)
    {
        var graph = Product(type, output, depth, columns, byRow: false);
        foreach (var tokens in new[] { 1, 6, 37 }) Compare(graph, tokens);
    }

    [Test]
    public void WithScalesOfRowsHaveTheBitsOfTheCpu()
    {
        var graph = Product(ElementType.Float8E4M3, ElementType.BFloat16, 64, 48, byRow: true);
        foreach (var tokens in new[] { 1, 19 }) Compare(graph, tokens);
    }

    [Test]
    public void AreRecordedInCudaGraphsAndDoNotDependOnTheRowsBesideThem()
    {
        Emulator.Use(new());
        var graph = Product(ElementType.BFloat16, ElementType.Float32, 64, 40, byRow: false);
        var all = Run(graph, RankGroup.Loopback(1), 11, []);
        var recorded = Run(graph, RankGroup.Loopback(1), 2, [8]);
        Assert.That(recorded[..(2 * 40)], Is.EqualTo(all[..(2 * 40)]).And.Some.Not.Zero);
    }

    // Rows of a step and less, of many steps, tiles of columns that are not full, and as many as have two of them in a block.
    [TestCase(ElementType.BFloat16, ElementType.BFloat16, 8, 16)]
    [TestCase(ElementType.BFloat16, ElementType.Float32, 1032, 33)]
    [TestCase(ElementType.Float16, ElementType.Float16, 2056, 40)]
    [TestCase(ElementType.Float16, ElementType.Float32, 256, 7)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 2064, 48)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float16, 16, 16)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float32, 4112, 32)]
    [TestCase(ElementType.BFloat16, ElementType.BFloat16, 200, 650)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 1104, 656)]
    public void OfFewRowsAreNearTheCpuAndDoNotDependOnTheOtherRows(ElementType type, ElementType output, int depth, int columns)
    {
        var graph = Product(type, output, depth, columns, byRow: false);
        Emulator.Use(new());
        var sixteen = Run(graph, RankGroup.Loopback(1), 16, [], 16);
        foreach (var tokens in new[] { 1, 2, 5, 8, 9 })
        {
            var found = Run(graph, RankGroup.Loopback(1), tokens, [], 16);
            Assert.That(found, Is.EqualTo(sixteen[..found.Length]).And.Some.Not.Zero, $"{tokens} tokens");
        }

        Assert.That(Emulator.Faults, Is.Empty);
        var (values, expected) = (Floats(sixteen, output), Floats(Run(graph, RankGroup.OnCpu(1), 16, []), output));
        var largest = expected.Max(MathF.Abs);
        Assert.That(values.Zip(expected, (a, b) => MathF.Abs(a - b)).Max(), Is.LessThan((output == ElementType.Float32 ? 1e-5f : 0.01f) * largest));
    }

    // Weights that come to shared memory ahead of the products, and by loads. Of these depths and columns, blocks have one tile and
    // several, of one pass and of two that differ, and tiles have fewer parts and more than there is room for.
    [TestCase(ElementType.BFloat16, ElementType.BFloat16, 3080, 656)]
    [TestCase(ElementType.Float16, ElementType.Float32, 200, 40)]
    [TestCase(ElementType.Float16, ElementType.Float16, 2568, 1100)]
    [TestCase(ElementType.BFloat16, ElementType.Float32, 264, 2200)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 6160, 528)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float32, 1040, 32)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float16, 1552, 2080)]
    public void OfUpToEightRowsHaveTheBitsThatOlderGpusGive(ElementType type, ElementType output, int depth, int columns)
    {
        var graph = Product(type, output, depth, columns, byRow: false);
        foreach (var tokens in new[] { 1, 2, 3, 8 })
        {
            Emulator.Use(new());
            var ahead = Run(graph, RankGroup.Loopback(1), tokens, [], 8);
            Assert.That(Emulator.Faults, Is.Empty);
            Emulator.Leave();
            Emulator.Use(new() { Capability = new(8, 0) });
            Assert.That(ahead, Is.EqualTo(Run(graph, RankGroup.Loopback(1), tokens, [], 8)).And.Some.Not.Zero, $"{tokens} tokens");
            Emulator.Leave();
        }
    }

    [TestCase(1, 256)]
    [TestCase(2, 256)]
    [TestCase(3, 256)]
    [TestCase(8, 1024)]
    public void BehindAnAllReduceThatLetsThemStartEarlyHaveTheSameBits(int tokens, int hidden)
    {
        var b = new GraphBuilder("layer");
        var x = b.Input("x", hidden).Matmul(b.Weight("w0", hidden, hidden)).AllReduce().RmsNorm(b.Weight("gamma", hidden), 1e-5f);
        var graph = b.Output("y", x.Matmul(b.Weight("w1", hidden + 64, hidden)).SliceColumns(0, hidden).AllReduce()).Build();
        var late = OnTwoGpus(graph, tokens, isEarly: false, seed: null);
        foreach (int? seed in new int?[] { null, 1, 2 })
            Assert.That(OnTwoGpus(graph, tokens, isEarly: true, seed), Is.EqualTo(late).And.Some.Not.Zero, $"seed {seed}");
    }

    [TestCase(9, 256)]
    [TestCase(32, 128)]
    public void OfNineRowsAndMoreBehindAnAllReduceThatLetsThemStartEarlyHaveTheSameBits(int tokens, int hidden)
    {
        var b = new GraphBuilder("layer");
        var x = b.Input("x", hidden).Matmul(b.Weight("w0", hidden, hidden)).AllReduce().RmsNorm(b.Weight("gamma", hidden), 1e-5f);
        var graph = b.Output("y", x.Matmul(b.Weight("w1", hidden + 64, hidden)).SliceColumns(0, hidden).AllReduce()).Build();
        var late = OnTwoGpus(graph, tokens, isEarly: false, seed: null, WarpgroupLaunch.MostRows);
        foreach (int? seed in new int?[] { null, 1, 2 })
            Assert.That(OnTwoGpus(graph, tokens, isEarly: true, seed, WarpgroupLaunch.MostRows), Is.EqualTo(late).And.Some.Not.Zero, $"seed {seed}");
    }

    // Tiles of each width, columns that fill none, one tile and several for a block; depths of one chunk, of an odd number of them, of more than a ring
    // holds, and one that is no whole number of chunks and left to the graph's own.
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 128, 16, false)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float16, 384, 400, false)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float32, 256, 528, true)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16, 4224, 64, true)]
    [TestCase(ElementType.BFloat16, ElementType.BFloat16, 64, 1000, false)]
    [TestCase(ElementType.BFloat16, ElementType.Float32, 192, 3000, false)]
    [TestCase(ElementType.Float16, ElementType.Float16, 320, 333, false)]
    [TestCase(ElementType.Float16, ElementType.Float32, 72, 40, false)]
    public void OfNineRowsAndMoreHaveTheSameBitsWhateverIsBesideARow(ElementType type, ElementType output, int depth, int columns, bool byRow)
    {
        const int Most = WarpgroupLaunch.MostRows;
        var graph = Product(type, output, depth, columns, byRow);
        var expected = Floats(Run(graph, RankGroup.OnCpu(1), Most, [], most: Most), output);
        byte[] On(int tokens, int? seed)
        {
            Emulator.Use(new() { Seed = seed });
            var found = Run(graph, RankGroup.Loopback(1), tokens, [], Most, Most);
            Assert.That(Emulator.Faults, Is.Empty, $"{tokens} tokens");
            return found;
        }

        var all = On(Most, null);
        var size = expected.Max(MathF.Abs);
        var error = Floats(all, output).Zip(expected, (a, b) => MathF.Abs(a - b) - (output == ElementType.Float32 ? 0 : MathF.Abs(b) / (output == ElementType.BFloat16 ? 128 : 1024))).Max();
        Assert.That(error, Is.LessThan(1e-5f * size));
        foreach (var (tokens, seed) in new (int, int?)[] { (Most, 1), (17, 2), (16, null), (9, 4) })
            Assert.That(On(tokens, seed), Is.EqualTo(all[..(all.Length / Most * tokens)]), $"{tokens} tokens, seed {seed}");
    }

    // Sixteen rows of the same bits are asked for, which kernels of warpgroups do not have.
    [TestCase(16, false)]
    [TestCase(17, true)]
    public void OfNineRowsAreOfWarpgroupsWhereMoreThanSixteenAreAskedFor(int skinny, bool isOfWarpgroups)
    {
        var graph = Product(ElementType.BFloat16, ElementType.Float32, 4096, 48, byRow: false);
        Emulator.Use(new());
        var of8 = Run(graph, RankGroup.Loopback(1), 8, [], skinny);
        Emulator.Use(new());
        var of9 = Run(graph, RankGroup.Loopback(1), 9, [], skinny);
        Assert.That(of9.AsSpan(0, of8.Length).SequenceEqual(of8), Is.Not.EqualTo(isOfWarpgroups));
    }

    [Test]
    public void OfFewRowsHaveScalesOfRows()
    {
        var graph = Product(ElementType.Float8E4M3, ElementType.Float32, 64, 48, byRow: true);
        Emulator.Use(new());

        var found = Floats(Run(graph, RankGroup.Loopback(1), 11, [], 16), ElementType.Float32);

        var expected = Floats(Run(graph, RankGroup.OnCpu(1), 11, []), ElementType.Float32);
        Assert.That(found.Zip(expected, (a, b) => MathF.Abs(a - b)).Max(), Is.LessThan(1e-5f * expected.Max(MathF.Abs)));
    }

    // NaN must be seen, also in codes.
    [TestCase(ElementType.BFloat16)]
    [TestCase(ElementType.Float8E4M3)]
    public void OfFewRowsKeepNaN(ElementType type)
    {
        Emulator.Use(new());
        var b = new GraphBuilder("product");
        var y = b.Input("x", 64, type).Matmul(b.Weight("w", 16, 64, type), output: ElementType.Float32);
        using var group = RankGroup.Loopback(1);
        using var compiled = b.Output("y", y).Build().Compile(group, new() { MaxTokens = 2, Buckets = [], SkinnyRows = 2 });
        var x = new byte[2 * (type == ElementType.BFloat16 ? 128 : 64)];
        x.AsSpan(x.Length / 2, 2).Fill(0xFF);
        compiled.SetInput<byte>(0, "x", x);
        compiled.SetWeight<byte>(0, "w", new byte[16 * x.Length / 2]);

        var found = compiled.Run(2).Read<float>(0, "y");

        Assert.That(found[..16], Has.All.EqualTo(0));
        Assert.That(found[16..], Has.All.NaN);
    }

    private static float[] Floats(byte[] bytes, ElementType type) => type switch
    {
        ElementType.BFloat16 => [.. MemoryMarshal.Cast<byte, BFloat16>(bytes).ToArray().Select(value => (float)value)],
        ElementType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(value => (float)value)],
        _ => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
    };

    private static void Compare(TensorGraph graph, int tokens)
    {
        Emulator.Use(new());
        Assert.That(GpuDriver.IsEmulated);
        var found = Run(graph, RankGroup.Loopback(1), tokens, []);
        var expected = Run(graph, RankGroup.OnCpu(1), tokens, []);
        Assert.That(found, Is.EqualTo(expected).And.Some.Not.Zero, $"{tokens} tokens");
        Assert.That(Emulator.Faults, Is.Empty);
    }

    private static TensorGraph Product(ElementType type, ElementType output, int depth, int columns, bool byRow)
    {
        var b = new GraphBuilder("product");
        var (x, w) = (b.Input("x", depth, type), b.Weight("w", columns, depth, type));
        if (type != ElementType.Float8E4M3) return b.Output("y", x.Matmul(w, b.Weight("bias", columns, output), output)).Build();
        var sx = byRow ? b.Input("sx", new TensorType(RowCount.Tokens, 1, ElementType.Float32)) : b.Scalar("sx");
        var sw = byRow ? b.Weight("sw", columns, 1, ElementType.Float32) : b.Scalar("sw");
        var bias = b.Weight("bias", columns, output == ElementType.Float32 ? ElementType.BFloat16 : output);
        return b.Output("y", x.Matmul(w, bias, output, sx, sw)).Build();
    }

    private static byte[] OnTwoGpus(TensorGraph graph, int tokens, bool isEarly, int? seed, int skinny = 8)
    {
        Emulator.Use(new() { Gpus = 2, Seed = seed });
        using var group = RankGroup.OfGpus([0, 1], null);
        using var compiled = graph.Compile(group, new() { MaxTokens = skinny, Buckets = [.. new[] { 1, 2, 4, 8, tokens }.Distinct()], SkinnyRows = skinny, StartsNextEarly = isEarly });
        for (var rank = 0; rank < 2; rank++)
        {
            foreach (var weight in graph.Weights) compiled.SetWeight<byte>(rank, weight.Name, Numbers(weight, 0));
            foreach (var input in graph.Inputs) compiled.SetInput<byte>(rank, input.Name, Numbers(input, Math.Max(8, tokens)));
        }

        var found = compiled.Run(tokens).Read<byte>(1, "y");
        Assert.That(Emulator.Faults, Is.Empty);
        return found;
    }

    private static byte[] Run(TensorGraph graph, RankGroup group, int tokens, int[] buckets, int skinny = 0, int most = MaxTokens)
    {
        using (group)
        {
            using var compiled = graph.Compile(group, new() { MaxTokens = most, Buckets = buckets, SkinnyRows = skinny });
            foreach (var weight in graph.Weights) compiled.SetWeight<byte>(0, weight.Name, Numbers(weight, 0));
            // A recorded run reads all rows of its bucket.
            var rows = buckets.Append(tokens).Max();
            foreach (var input in graph.Inputs) compiled.SetInput<byte>(0, input.Name, Numbers(input, rows));
            return compiled.Run(tokens).Read<byte>(0, "y");
        }
    }

    // Numbers of many magnitudes whose sums round, the same for the same name, and for fewer tokens the first of them.
    private static byte[] Numbers(GraphTensor tensor, int tokens)
    {
        var random = new Random(tensor.Name.Sum(letter => letter));
        float[] values = [.. Enumerable.Range(0, (int)(tensor.Type.Rows.At(tokens) * tensor.Type.Columns)).Select(_ => (float)((random.NextDouble() - 0.4) * 3))];
        return tensor.Type.Elements switch
        {
            ElementType.BFloat16 => MemoryMarshal.AsBytes<BFloat16>([.. values.Select(value => (BFloat16)value)]).ToArray(),
            ElementType.Float16 => MemoryMarshal.AsBytes<Half>([.. values.Select(value => (Half)value)]).ToArray(),
            ElementType.Float8E4M3 => MemoryMarshal.AsBytes<Float8E4M3>([.. values.Select(value => (Float8E4M3)value)]).ToArray(),
            _ => MemoryMarshal.AsBytes<float>(values).ToArray(),
        };
    }
}
