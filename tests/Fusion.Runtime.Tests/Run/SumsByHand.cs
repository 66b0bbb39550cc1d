namespace Fusion.Runtime.Tests.Run;

public sealed class SumsByHand
{
    [Test]
    public void EveryRankGetsTheSumOfAll()
    {
        using var op = new CpuOperation(3);
        op.SetInput(0, 1, 2, 3, 4, 5, 6, 7, 8);
        op.SetInput(1, 10, 20, 30, 40, 50, 60, 70, 80);
        op.SetInput(2, 100, 200, 300, 400, 500, 600, 700, 800);

        op.LaunchAll();

        for (var rank = 0; rank < 3; rank++)
            Assert.That(op.Sum(rank), Is.EqualTo([111f, 222f, 333f, 444f, 555f, 666f, 777f, 888f]), $"rank {rank}");
    }

    [Test]
    public void RanksAreAddedInTheirOrder()
    {
        const float large = 1 << 24;
        using var op = new CpuOperation(3);
        op.SetInput(0, large);
        op.SetInput(1, 1);
        op.SetInput(2, -large);

        op.LaunchAll();

        Assert.That(op.Sum(0), Is.All.Zero, "2^24 + 1 is 2^24 in float");
    }

    [Test]
    public void EachRankHasItsOwnResidualNormAndQuantization()
    {
        // Sum 1 + 1, residual 1 or 6: h is 3 or 8. Mean square 9 or 64, and 7 or 17 to the next square: 1/4 or 1/9.
        using var op = new CpuOperation(2);
        var codes = new List<RankBuffer<byte>>();
        var rows = new List<(RankBuffer<float> Added, RankBuffer<float> Norm)>();
        (float Residual, float Epsilon)[] own = [(1, 7), (6, 17)];
        for (var rank = 0; rank < 2; rank++)
        {
            op.SetInput(rank, 1);
            codes.Add(op.Buffer(rank, new byte[8]));
            rows.Add((op.Buffer(rank, new float[8]), op.Buffer(rank, new float[8])));
            op.Operation.Launch(rank, null, op.Call(rank) with
            {
                Residual = op.Row(rank, own[rank].Residual),
                Norm = Normalization.Rms(op.Row(rank, 2), own[rank].Epsilon),
                Quantization = Quantization.StaticFp8(op.Buffer(rank, 0.5f).AsTensor(1, 1)),
                ResidualOut = rows[rank].Added.AsTensor(1, 8),
                NormOut = rows[rank].Norm.AsTensor(1, 8),
                QuantOut = codes[rank].AsTensor(ElementType.Float8E4M3, 1, 8),
            });
        }

        op.Operation.Synchronize(0);
        op.Operation.Synchronize(1);

        Assert.That(op.Sum(0), Is.All.EqualTo(2));
        Assert.That(Read(rows[0].Added), Is.All.EqualTo(3));
        Assert.That(Read(rows[0].Norm), Is.All.EqualTo(3 / 4f * 2));
        Assert.That(Read(codes[0]), Is.All.EqualTo(0x44), "3 in e4m3: 1.5 times 2 to the 8 - 7");
        Assert.That(Read(rows[1].Added), Is.All.EqualTo(8));
        Assert.That(Read(rows[1].Norm), Is.All.EqualTo(8 * (1 / 9f) * 2));
    }

    [Test]
    public void AnOutputMayReplaceTheInput()
    {
        using var op = new CpuOperation(2);
        var buffers = Enumerable.Range(0, 2).Select(rank => op.Buffer(rank, 1f, 2, 3, 4, 5, 6, 7, 8)).ToArray();
        for (var rank = 0; rank < 2; rank++)
        {
            var tensor = buffers[rank].AsTensor(1, 8);
            op.Operation.Launch(rank, null, new() { Input = tensor, AllReduceOut = tensor });
        }

        op.Operation.Synchronize(1);

        Assert.That(Read(buffers[0]), Is.EqualTo([2f, 4, 6, 8, 10, 12, 14, 16]));
        Assert.That(Read(buffers[1]), Is.EqualTo([2f, 4, 6, 8, 10, 12, 14, 16]));
    }

    private static T[] Read<T>(RankBuffer<T> buffer)
        where T : unmanaged
    {
        var values = new T[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }
}
