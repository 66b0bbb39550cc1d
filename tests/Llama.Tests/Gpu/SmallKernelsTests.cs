using Fusion.Graph;
using Fusion.Runtime;
using Llama.Gpu.Ops;
using Llama.Gpu.Steps;
using Llama.Model;
using Llama.Model.Safetensors;

namespace Llama.Tests.Gpu;

/// <summary>Embedding, SwiGLU and rows on an emulated GPU, compared with plain C#.</summary>
public sealed class SmallKernelsTests
{
    [Test]
    public void EmbeddingsAreARanksOwnRowsAndZerosElsewhere()
    {
        using var gpus = new EmulatedGpus(2);
        using var ops = Ops(gpus.Group, ElementType.BFloat16);
        int[] tokens = [31, 32, 0, 63, -1, 40];
        var table = Numbers.Random(ElementType.BFloat16, 32 * 64, 1);
        foreach (var rank in gpus.Group.Ranks)
        {
            var found = Launch(ops.Embedding(), rank, ElementType.BFloat16, 6, 64, Input(rank, tokens, ElementType.Float32, 6, 1), Input(rank, table, ElementType.BFloat16, 32, 64));
            var expected = tokens.SelectMany(token => token / 32 == rank.Index && token >= 0 ? table[(token % 32 * 64)..][..64] : new ushort[64]);
            Assert.That(found, Is.EqualTo(expected).And.Some.Not.Zero, $"{rank}");
        }
    }

    [TestCase(ElementType.BFloat16)]
    [TestCase(ElementType.Float16)]
    public void SwiGluIsThatOfTheFormulaAndTheSameMergedAndWithCodes(ElementType type)
    {
        const int Rows = 3, Columns = 200;
        using var gpus = new EmulatedGpus();
        using var ops = Ops(gpus.Group, type);
        var (gate, up) = (Numbers.Random(type, Rows * Columns, 1, spread: 3), Numbers.Random(type, Rows * Columns, 2));
        // Whose exponential is infinite, or 0, and a zero.
        (gate[0], gate[1], gate[2]) = (Numbers.Round(type, -120), Numbers.Round(type, 120), 0);
        var rank = gpus.Rank;
        RankTensor Gate() => Input(rank, gate, type, Rows, Columns);
        RankTensor Up() => Input(rank, up, type, Rows, Columns);
        var found = Launch(ops.SwiGlu(), rank, type, Rows, Columns, Gate(), Up());
        for (var i = 0; i < found.Length; i++)
        {
            double g = Numbers.Widen(type, gate[i]), expected = g / (1 + Math.Exp(-g)) * Numbers.Widen(type, up[i]);
            Assert.That((double)Numbers.Widen(type, found[i]), Is.EqualTo(expected).Within((1.001 * Numbers.RoundingOf(type) * Math.Abs(expected)) + 1e-7), $"element {i}");
        }

        var merged = Enumerable.Range(0, Rows).SelectMany(row => gate[(row * Columns)..][..Columns].Concat(up[(row * Columns)..][..Columns])).ToArray();
        Assert.That(Launch(ops.MergedSwiGlu(), rank, type, Rows, Columns, Input(rank, merged, type, Rows, 2 * Columns)), Is.EqualTo(found));

        const float Scale = 0.037f;
        var codes = Launch<byte>(
            ops.SwiGluFp8(), rank, ElementType.Float8E4M3, Rows, Columns, Gate(), Up(), Input<float>(rank, [Scale], ElementType.Float32, 1, 1));
        Assert.That(codes, Is.EqualTo(Quantized(gpus.Group, type, found, Columns, Scale)), "the codes that the graph's quantization makes");
        Assert.That(codes.Distinct().Count(), Is.GreaterThan(20));
    }

    private static GpuLlamaOps Ops(RankGroup group, ElementType type)
    {
        var config = new ModelConfig
        {
            Kind = ModelKind.Llama,
            Hidden = 64,
            Intermediate = 64,
            Layers = 1,
            Heads = 2,
            KeyValueHeads = 2,
            HeadSize = 32,
            Vocabulary = 64,
            Context = 64,
            Type = type == ElementType.BFloat16 ? TensorDataType.BFloat16 : TensorDataType.Float16,
        };
        return new(config, group, new StepLayout(8, 2, 64), 4);
    }

    private static byte[] Quantized(RankGroup group, ElementType type, ushort[] values, int columns, float scale)
    {
        var b = new GraphBuilder("quantization");
        var graph = b.Output("codes", b.Input("x", columns, type).StaticFp8(b.Scalar("scale"))).Build();
        using var compiled = graph.Compile(group, new() { MaxTokens = 8, Buckets = [] });
        compiled.SetWeight<float>(0, "scale", [scale]);
        compiled.SetInput<ushort>(0, "x", values);
        return compiled.Run(values.Length / columns).Read<byte>(0, "codes");
    }

    private static ushort[] Launch(CustomOp op, Rank rank, ElementType type, int rows, int columns, params RankTensor[] inputs) =>
        Launch<ushort>(op, rank, type, rows, columns, inputs);

    private static T[] Launch<T>(CustomOp op, Rank rank, ElementType type, int rows, int columns, params RankTensor[] inputs)
        where T : unmanaged
    {
        using var y = rank.Allocate<T>(rows * columns);
        y.FillBytes(0xFF);
        op.Launch!(new(rank, rank.Stream, op.Name, rows, [.. inputs.Select(input => input.Tensor)], [y.AsTensor(type, rows, columns)]));
        rank.Stream!.Synchronize();
        foreach (var input in inputs) input.Buffer.Dispose();
        var found = new T[y.Length];
        y.CopyTo(found);
        return found;
    }

    private static RankTensor Input<T>(Rank rank, T[] values, ElementType type, int rows, int columns)
        where T : unmanaged
    {
        var buffer = rank.Allocate<T>(values.Length);
        buffer.CopyFrom(values);
        return new(buffer, buffer.AsTensor(type, rows, columns));
    }

    private readonly record struct RankTensor(IDisposable Buffer, DeviceTensor Tensor);
}
