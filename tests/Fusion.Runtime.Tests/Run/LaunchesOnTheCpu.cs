namespace Fusion.Runtime.Tests.Run;

public sealed class LaunchesOnTheCpu
{
    [Test]
    public void AllocateNothingUnlessTheyCompute()
    {
        using var op = new CpuOperation(2);
        var (first, second) = (op.Call(0, 2), op.Call(1, 2));
        Launch(op, first, second);

        var before = GC.GetAllocatedBytesForCurrentThread();
        op.Operation.Launch(0, null, first);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.Zero);
    }

    private static void Launch(CpuOperation op, in AllReduceCall first, in AllReduceCall second)
    {
        for (var i = 0; i < 3; i++)
        {
            op.Operation.Launch(0, null, first);
            op.Operation.Launch(1, null, second);
        }
    }
}
