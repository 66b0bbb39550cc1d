namespace Fusion.Runtime.Tests.Ranks;

/// <summary>Groups of one rank: nothing is exchanged, the epilogue is all.</summary>
public sealed class RanksAlone
{
    [Test]
    public void DoTheEpilogueOfTheirOwnInput()
    {
        using var op = new CpuOperation(1);
        op.SetInput(0, 3);

        op.LaunchAll();

        Assert.That(op.Sum(0), Is.All.EqualTo(3));
        Assert.That(op.Launch(0).Reason, Does.Contain("nothing is exchanged"));
    }

    [TestCase(null)]
    [TestCase(AllReduceStrategy.OneShot)]
    [TestCase(AllReduceStrategy.TwoShot)]
    [TestCase(AllReduceStrategy.Separate)]
    public void ArePlannedAsTheEpilogueKernel(AllReduceStrategy? force)
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(ranks: 1) with { Strategy = force });

        Assert.That(plan.IsRefused, Is.False);
        Assert.That((plan.Kernel, plan.EpilogueKernel), Is.EqualTo(("", "epilogue_bf16_v1")));
        Assert.That(plan.Reason, Does.Contain("a rank alone exchanges nothing"));
        Assert.That(plan.WorkspaceBytes, Is.EqualTo(WorkspaceLayout.ControlBytes), "no buffers of peers");
    }

    [Test]
    public async Task EndTheirEpilogueAndThenDoNoMore()
    {
        using var group = RankGroup.OnCpu(1);
        using var memory = group.Ranks[0].Allocate<float>(8);
        var call = new AllReduceCall { Input = memory.AsTensor(1, 8), AllReduceOut = memory.AsTensor(1, 8) };
        var options = new EpilogueOptions { HiddenSize = 8, MaxTokens = 1, DataType = ElementType.Float32 };
        var alone = EpilogueOperation.OnCpu(options);
        var ofGroup = new EpilogueOperation(group, options);
        foreach (var operation in new[] { alone, ofGroup })
        {
            operation.Launch(null, call);
            await operation.SynchronizeAsync();
            Assert.That(() => operation.SynchronizeAsync(cancellationToken: new(true)), Throws.InstanceOf<OperationCanceledException>());
            await operation.DisposeAsync();
            Assert.That(() => operation.Launch(null, call), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => operation.Synchronize(), Throws.TypeOf<ObjectDisposedException>());
        }

        Assert.That(group.IsDisposed, Is.False);
    }

    [Test]
    public void NeedNoGroupForNormAndQuantization()
    {
        using var operation = EpilogueOperation.OnCpu(new() { HiddenSize = 8, MaxTokens = 4, DataType = ElementType.Float32 });
        using var group = RankGroup.OnCpu(1);
        using var input = group.Ranks[0].Allocate<float>(8);
        using var codes = group.Ranks[0].Allocate<Float8E4M3>(8);
        using var scale = group.Ranks[0].Allocate<float>(1);
        input.CopyFrom([1, 2, 3, 4, 5, 6, 7, 448]);

        operation.Launch(null, new()
        {
            Input = input.AsTensor(1, 8),
            Quantization = Quantization.PerTokenFp8(),
            QuantOut = codes.AsTensor(1, 8),
            ScaleOut = scale.AsTensor(1, 1),
        });

        var (made, scales) = (new Float8E4M3[8], new float[1]);
        codes.CopyTo(made);
        scale.CopyTo(scales);
        Assert.That(scales[0], Is.EqualTo(1));
        Assert.That(made.Select(code => code.ToSingle()), Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6, 7, 448 }));
        Assert.That(() => operation.Launch(1, null, default), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
