namespace Fusion.Runtime.Tests.Run;

/// <summary>Ranks on the CPU have no checks of their own: what passes at the call runs, and what is refused is refused there.</summary>
public sealed class ValidationOnTheCpu
{
    private const int Hidden = 64;
    private const int MaxTokens = 3;
    private const ElementType Type = ElementType.BFloat16;

    [Test]
    public void AGammaMayStandOrLie()
    {
        using var group = RankGroup.OnCpu(2);
        using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = MaxTokens });
        using var memory = new Memory(group);
        var results = new List<byte[]>();
        foreach (var (rows, columns) in new[] { (1, Hidden), (Hidden, 1) })
        {
            foreach (var rank in group.Ranks)
            {
                operation.Launch(rank.Index, null, new()
                {
                    Input = memory.At(rank, 0, Type, 2, Hidden),
                    Norm = Normalization.Layer(memory.At(rank, 1, Type, rows, columns), memory.At(rank, 2, Type, rows, columns), 1e-5f),
                    NormOut = memory.At(rank, 3, Type, 2, Hidden),
                });
            }

            operation.Synchronize(0);
            results.Add(memory.Read(3, 2 * Hidden * 2));
        }

        Assert.That(results[1], Is.EqualTo(results[0]));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void WhatPassesRunsAndWhatIsRefusedLeavesTheOperationUsable(int seed)
    {
        using var group = RankGroup.OnCpu(2);
        using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = MaxTokens });
        using var memory = new Memory(group);
        FusionArgumentException? refused = null;
        foreach (var rank in group.Ranks)
        {
            try
            {
                // The same call on all ranks, or none of it.
                operation.Launch(rank.Index, null, Call(memory, rank, new Random(seed)));
            }
            catch (FusionArgumentException e) when (rank.Index == 0)
            {
                refused = e;
                break;
            }
        }

        if (refused is not null) Assert.That(refused.Code, Does.StartWith("FUSION30"));
        foreach (var rank in group.Ranks)
        {
            Assert.That(() => operation.Synchronize(rank.Index), Throws.Nothing);
            Assert.That(() => operation.Launch(rank.Index, null, new()
            {
                Input = memory.At(rank, 0, Type, 1, Hidden),
                AllReduceOut = memory.At(rank, 3, Type, 1, Hidden),
            }), Throws.Nothing);
        }

        operation.Synchronize(1);
    }

    // Mostly right, with tensors of shapes and types that somebody may think right.
    private static AllReduceCall Call(Memory memory, Rank rank, Random random)
    {
        var tokens = random.Next(1, MaxTokens + 1);
        var kind = Pick(random, NormKind.None, NormKind.Rms, NormKind.RmsRoundedTwice, NormKind.Layer);
        var quantization = Pick(random, [default, .. EveryQuantization.Of(Hidden, 8, 32, 64, 16)]);
        if (EveryQuantization.RowOf(quantization.Kind) is { TakesScale: true }) quantization = quantization with { Scale = Scalar() };
        if (random.Next(8) == 0) quantization = quantization with { GroupSize = 24 };
        if (random.Next(8) == 0) quantization = quantization with { Layout = Layout() };
        var codes = quantization.Kind == QuantizationKind.None ? ElementType.Float8E4M3 : ScaleLayouts.CodeType(quantization);
        var scales = ScaleLayouts.ScaleType(quantization);
        var call = new AllReduceCall
        {
            Input = Matrix(0),
            Residual = random.Next(2) == 0 ? Matrix(1) : null,
            Norm = kind == NormKind.None ? default
                : new() { Kind = kind, Gamma = Vector(2), Beta = kind == NormKind.Layer || random.Next(8) == 0 ? Vector(4) : null, Epsilon = 1e-5f },
            Quantization = quantization,
            AllReduceOut = random.Next(2) == 0 ? Matrix(5) : null,
            ResidualOut = random.Next(2) == 0 ? Matrix(6) : null,
            NormOut = kind != NormKind.None || random.Next(8) == 0 ? Matrix(7) : null,
            QuantOut = quantization.Kind == QuantizationKind.None ? null : memory.At(rank, 8, codes, tokens, Hidden),
            ScaleOut = scales is null ? null : memory.At(rank, 9, scales.Value, 1, random.Next(6) == 0 ? 5 : 512),
        };
        return random.Next(10) == 0 ? call with { Input = call.Input with { Rows = random.Next(0, 5) } } : call;

        DeviceTensor Matrix(int number) => random.Next(20) == 0
            ? memory.At(rank, number, Type, Hidden, tokens) : memory.At(rank, number, Type, tokens, Hidden);

        DeviceTensor Vector(int number)
        {
            var (rows, columns) = Pick(random, (1, Hidden), (1, Hidden), (Hidden, 1), (2, Hidden / 2), (1, Hidden - 1));
            return memory.At(rank, number, Type, rows, columns);
        }

        DeviceTensor Scalar() => memory.At(rank, 10, ElementType.Float32, 1, random.Next(8) == 0 ? 2 : 1);

        ScaleLayout Layout() => Pick(random, ScaleLayout.Linear, ScaleLayout.Swizzled8x4, ScaleLayout.Swizzled128x4);
    }

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];

    /// <summary>Places for tensors of each rank, full of ones.</summary>
    private sealed class Memory : IDisposable
    {
        private const int Place = 4096;
        private readonly RankBuffer<byte>[] buffers;

        public Memory(RankGroup group)
        {
            buffers = [.. group.Ranks.Select(rank => rank.Allocate<byte>(11 * Place))];
            foreach (var buffer in buffers) buffer.FillBytes(1);
        }

        public DeviceTensor At(Rank rank, int place, ElementType type, long rows, long columns) =>
            new(buffers[rank.Index].Pointer.Address + (ulong)(place * Place), type, rows, columns);

        public byte[] Read(int place, int bytes)
        {
            var all = new byte[buffers[0].Length];
            buffers[0].CopyTo(all);
            return all[(place * Place)..((place * Place) + bytes)];
        }

        public void Dispose() => Array.ForEach(buffers, buffer => buffer.Dispose());
    }
}
