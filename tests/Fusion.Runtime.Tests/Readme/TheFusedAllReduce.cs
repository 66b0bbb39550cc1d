namespace Fusion.Runtime.Tests.Readme;

/// <summary>The code in README.md's section "Fused all-reduce": what stands there is what is compiled and run here.</summary>
public sealed class TheFusedAllReduce
{
    private const int Ranks = 4;
    private const int Tokens = 3;
    private const int Hidden = 4096;

    [Test]
    public void IsTheCodeOfThisTest()
    {
        var section = Repository.Read("README.md").Split("\n## Fused all-reduce\n")[1].Split("\n## ")[0];
        var lines = Repository.Read("tests/Fusion.Runtime.Tests/Readme/TheFusedAllReduce.cs").Split('\n');
        var code = lines.SkipWhile(line => line.Trim() != "// README begins").Skip(1)
            .TakeWhile(line => line.Trim() != "// README ends").ToArray();
        var indent = code[0].Length - code[0].TrimStart().Length;

        Assert.That(code, Has.Length.GreaterThan(10));
        Assert.That(section, Does.Contain(
            $"```csharp\n{string.Join('\n', code.Select(line => line[Math.Min(indent, line.Length)..]))}\n```\n"));
    }

    [Test]
    public void GivesTheNumbersOfTheContract()
    {
        var shape = new AllReduceShape(ElementType.BFloat16, Hidden)
        {
            Norm = NormKind.Rms,
            Epsilon = 1e-5f,
            Quantization = QuantizationKind.StaticFp8,
            GivenScale = 0.0625f,
        };
        var inputs = AllReduceInputs.Random(shape, Ranks, Tokens, seed: 1, special: false);
        var before = inputs.Residual ?? inputs.Ranks[^1];
        var partialSums = inputs.Ranks.Select(rows => new HostTensor(shape.Type, rows)).ToArray();
        var residual = OnEachRank(() => new(shape.Type, before));
        var gamma = OnEachRank(() => new(shape.Type, [inputs.Gamma]));
        var scale = OnEachRank(() => new(ElementType.Float32, [[shape.GivenScale]]));
        var quantized = OnEachRank(() => new(ElementType.Float8E4M3, Tokens, Hidden));

        Run(Tensors(partialSums), Tensors(residual), Tensors(gamma), Tensors(scale), Tensors(quantized));

        var expected = ContractModel.Of(shape, inputs with { Residual = before });
        for (var rank = 0; rank < Ranks; rank++)
        {
            Assert.That(residual[rank].Read(), Is.EqualTo(expected.ResidualOut), $"rank {rank}");
            Assert.That(quantized[rank].Bytes.ToArray(), Is.EqualTo(expected.QuantOut), $"rank {rank}");
        }

        foreach (var tensor in (HostTensor[])[.. partialSums, .. residual, .. gamma, .. scale, .. quantized])
        {
            tensor.AssertGuards();
            tensor.Dispose();
        }
    }

    private static void Run(
        DeviceTensor[] partialSums, DeviceTensor[] residual, DeviceTensor[] gamma, DeviceTensor[] scale, DeviceTensor[] quantized)
    {
        // README begins
        using var group = RankGroup.OnCpu(4); // OnGpus(0, 1, 2, 3): a GPU for each rank; Loopback(4): all on one GPU
        using var allReduce = new AllReduce(group, new AllReduceOptions { HiddenSize = 4096, MaxTokens = 512 });

        foreach (var rank in group.Ranks)
        {
            allReduce.Launch(rank.Index, rank.Stream, new AllReduceCall
            {
                Input = partialSums[rank.Index],
                Residual = residual[rank.Index],
                Norm = Normalization.Rms(gamma[rank.Index], epsilon: 1e-5f),
                Quantization = Quantization.StaticFp8(scale[rank.Index]),
                ResidualOut = residual[rank.Index],
                QuantOut = quantized[rank.Index],
            });
        }

        foreach (var rank in group.Ranks) allReduce.Synchronize(rank.Index);
        // README ends
    }

    private static HostTensor[] OnEachRank(Func<HostTensor> create) => [.. Enumerable.Range(0, Ranks).Select(_ => create())];

    private static DeviceTensor[] Tensors(HostTensor[] tensors) => [.. tensors.Select(tensor => tensor.Tensor)];
}
