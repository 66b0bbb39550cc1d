namespace Fusion.Runtime.Tests.Run;

public sealed class RanksInThreads
{
    private const int Calls = 200;

    [Test]
    public void AThreadARankGetsEachCallsOwnResult([Values(2, 7)] int ranks)
    {
        using var op = new CpuOperation(ranks);
        var wrong = new string?[ranks];
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() => wrong[rank] = Run(op, rank))).ToArray();

        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => Assert.That(thread.Join(TimeSpan.FromMinutes(1)), "a thread hangs"));

        Assert.That(wrong, Is.All.Null);
    }

    [Test]
    public void ARankMayBeSeveralCallsAhead()
    {
        using var op = new CpuOperation(2);
        op.SetInput(0, 1);
        op.SetInput(1, 2);
        for (var tokens = 1; tokens <= 3; tokens++) op.Launch(0, tokens);
        for (var tokens = 1; tokens <= 3; tokens++) op.Launch(1, tokens);

        op.Operation.Synchronize(0);

        Assert.That(op.Sum(0, 3), Is.All.EqualTo(3));
    }

    [Test]
    public void TwoGroupsDoNotWaitForEachOther()
    {
        using var one = new CpuOperation(2);
        using var two = new CpuOperation(3);
        one.Launch(0);
        two.SetInput(0, 4);
        two.SetInput(1, 5);
        two.SetInput(2, 6);

        two.LaunchAll();

        Assert.That(two.Sum(2), Is.All.EqualTo(15));
    }

    // Each rank's input changes only when all have read it: when its call is done.
    private static string? Run(CpuOperation op, int rank)
    {
        try
        {
            for (var call = 0; call < Calls; call++)
            {
                var tokens = 1 + (call % 4);
                op.SetInput(rank, (call * 100) + rank);
                op.Launch(rank, tokens);
                op.Operation.Synchronize(rank);
                var expected = (op.Ranks * call * 100f) + (op.Ranks * (op.Ranks - 1) / 2);
                if (Array.Exists(op.Sum(rank, tokens), value => value != expected)) return $"rank {rank}, call {call}";
            }

            return null;
        }
        catch (Exception e) when (e is IFusionError)
        {
            return $"rank {rank}: {e.Message}";
        }
    }
}
