namespace Fusion.Runtime.Tests.Run;

/// <summary>Calls that are validated once and launched many times, on the CPU.</summary>
public sealed class PreparedCalls
{
    [Test]
    public void GiveWhatLaunchesGive()
    {
        using var op = new CpuOperation(2);
        var calls = Prepare(op);
        op.SetInput(0, 3);
        op.SetInput(1, 4);

        Launch(op, calls);
        Launch(op, calls);

        Assert.That(op.Sum(0, 4), Is.All.EqualTo(7));
        Assert.That(calls[0].Plan.Tokens, Is.EqualTo(4));
        Assert.That((calls[1].Rank, calls[1].MaxTokens, calls[1].Tokens), Is.EqualTo((1, 4, 4)));
    }

    [Test]
    public void CanHaveFewerTokensThanTheyWerePreparedWith()
    {
        using var op = new CpuOperation(2);
        var calls = Prepare(op);
        op.SetInput(0, 3);
        op.SetInput(1, 4);
        Launch(op, calls);
        op.SetInput(0, 10);

        foreach (var call in calls) call.SetTokens(2);
        Launch(op, calls);

        Assert.That(op.Sum(0, 2), Is.All.EqualTo(14), "two tokens are new");
        Assert.That(op.Sum(0, 4)[^op.Hidden..], Is.All.EqualTo(7), "the others are not");
        Assert.That(calls[0].Plan.Tokens, Is.EqualTo(2));
        Assert.That(() => calls[0].SetTokens(5), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain("1 to 4 tokens"));
        Assert.That(() => calls[0].SetTokens(0), Throws.TypeOf<ArgumentOutOfRangeException>());
        foreach (var call in calls) call.SetTokens(4);
        Launch(op, calls);
        Assert.That(op.Sum(0, 4), Is.All.EqualTo(14));
    }

    [Test]
    public void CanHaveAnotherInput()
    {
        using var op = new CpuOperation(2);
        var calls = op.Group.Ranks.Select(rank => op.Operation.Prepare(rank.Index, op.Call(rank.Index))).ToArray();
        for (var rank = 0; rank < 2; rank++) calls[rank].SetInput(op.Row(rank, rank + 20f));

        Launch(op, calls);

        Assert.That(op.Sum(0), Is.All.EqualTo(41));
    }

    [Test]
    public void RefuseAnInputThatDoesNotFit()
    {
        using var op = new CpuOperation(2);
        var call = op.Operation.Prepare(0, op.Call(0, 2));
        var sum = op.Call(0, 2).AllReduceOut!.Value;

        Assert.That(() => call.SetInput(op.Row(0, 1)), Throws.TypeOf<FusionArgumentException>().With.Message.Contain("[2, 8]"), "one token");
        Assert.That(() => call.SetInput(sum with { Type = ElementType.BFloat16 }), Throws.TypeOf<FusionArgumentException>());
        Assert.That(() => call.SetInput(sum with { Address = sum.Address + 16 }), Throws.TypeOf<FusionArgumentException>());
        Assert.That(() => call.SetInput(sum with { Address = sum.Address + 4 }), Throws.TypeOf<FusionArgumentException>().With.Message.Contain("16"));
        Assert.That(() => call.SetInput(sum), Throws.Nothing, "in place");
    }

    [Test]
    public void AreValidatedWhenTheyArePrepared()
    {
        using var op = new CpuOperation(2);
        Assert.That(() => op.Operation.Prepare(0, op.Call(0) with { AllReduceOut = null }), Throws.TypeOf<FusionArgumentException>());
        Assert.That(() => op.Operation.Prepare(2, op.Call(0)), Throws.TypeOf<ArgumentOutOfRangeException>());
        var call = op.Operation.Prepare(0, op.Call(0));
        op.Operation.Dispose();
        Assert.That(() => call.Launch(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void KeepTheirBuffersFromBeingCollected()
    {
        using var op = new CpuOperation(2);
        var live = NativeHandle.Live;
        var calls = PrepareOverForgottenBuffers(op);

        Reclaimer.Flush(TimeSpan.FromSeconds(10));
        Assert.That(NativeHandle.Live, Is.EqualTo(live + 4));
        foreach (var call in calls) call.Launch();
        GC.KeepAlive(calls);
        calls = [];

        Reclaimer.Flush(TimeSpan.FromSeconds(10));
        Assert.That(NativeHandle.Live, Is.LessThanOrEqualTo(live + 4));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static PreparedAllReduce[] PrepareOverForgottenBuffers(CpuOperation op) => [.. op.Group.Ranks.Select(rank =>
        {
            var (input, sum) = (rank.Allocate<float>(op.Hidden), rank.Allocate<float>(op.Hidden));
            return op.Operation.Prepare(rank.Index, new() { Input = input.AsTensor(1, op.Hidden), AllReduceOut = sum.AsTensor(1, op.Hidden) });
        })];
    }

    private static PreparedAllReduce[] Prepare(CpuOperation op) =>
        [.. op.Group.Ranks.Select(rank => op.Operation.Prepare(rank.Index, op.Call(rank.Index, 4)))];

    private static void Launch(CpuOperation op, PreparedAllReduce[] calls)
    {
        foreach (var call in calls) call.Launch();
        op.Operation.Synchronize(0);
    }
}
