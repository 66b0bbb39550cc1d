using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>What was launched is done when the operation is disposed, without a Synchronize: one rank is late, the others
/// wait for it.</summary>
public sealed class DisposedBeforeTheResultsAreThere : GpuGroupTest
{
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(300);

    [Test]
    public void AnOperationWaitsForItsCalls(
        [Values(2, 4)] int ranks,
        [Values(AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate)] AllReduceStrategy strategy)
    {
        using var op = new GpuAndCpuRanks(ranks, 1024, 8);
        op.SetInputs(1);
        op.Hold(ranks - 1, Late);
        for (var rank = 0; rank < ranks; rank++) op.Launch(rank, 8, null, strategy);

        op.Operation.Dispose();

        op.Compare(8, "after Dispose");
    }

    [Test]
    public void AnOperationWaitsForItsRecordedCalls([Values(2, 4)] int ranks)
    {
        using var op = new GpuAndCpuRanks(ranks, 1024, 8);
        op.SetInputs(1);
        var graphs = op.Group.Ranks.Select(rank => GpuGraph.Capture(rank.Stream!, () =>
        {
            op.Launch(rank.Index, 8, null, AllReduceStrategy.OneShot);
            op.Launch(rank.Index, 8, null, AllReduceStrategy.TwoShot);
        })).ToArray();
        op.Hold(0, Late);
        foreach (var rank in op.Group.Ranks) graphs[rank.Index].Launch(rank.Stream!);

        op.Operation.Dispose();

        op.Compare(8, "after Dispose");
        Array.ForEach(graphs, graph => graph.Dispose());
    }

    [Test]
    public void AGroupWaitsForTheCallsOfItsOperations([Values(2, 4)] int ranks)
    {
        // The outputs outlive the group: they are of contexts of the test.
        var group = RanksOfATest.Group(ranks);
        var contexts = group.Ranks.Select(rank => GpuContext.Open(rank.Context!.Device.Ordinal)).ToArray();
        var inputs = contexts.Select((context, rank) => new DeviceBuffer<float>(context, [.. Enumerable.Repeat(rank + 1f, 64)])).ToArray();
        var outputs = contexts.Select(context => new DeviceBuffer<float>(context, 64)).ToArray();
        var operation = new Runtime.AllReduce(group, new() { HiddenSize = 64, MaxTokens = 1, DataType = ElementType.Float32 });
        Array.ForEach(outputs, output => output.FillBytes(0xFF));
        TypedKernels.Hold.Launch(group.Ranks[0].Stream!, new LaunchShape(1, 1), (ulong)(Late.TotalMilliseconds * 1e6));
        foreach (var rank in group.Ranks)
        {
            operation.Launch(rank.Index, null, new()
            {
                Input = new(inputs[rank.Index].Pointer.Address, ElementType.Float32, 1, 64),
                AllReduceOut = new DeviceTensor(outputs[rank.Index].Pointer.Address, ElementType.Float32, 1, 64),
            });
        }

        group.Dispose();

        var sum = new float[64];
        foreach (var output in outputs)
        {
            output.CopyTo(sum);
            Assert.That(sum, Has.All.EqualTo(ranks * (ranks + 1) / 2f));
        }

        Assert.That(() => operation.ThrowIfFailed(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(operation.Dispose, Throws.Nothing, "the group has disposed it");
        foreach (var buffer in inputs.Concat(outputs)) buffer.Dispose();
        Array.ForEach(contexts, context => context.Dispose());
    }

    [Test]
    public void ACallThatAllRanksLaunchedIsDoneBeforeOneThatARankLacksIsGivenUp()
    {
        using var op = new GpuAndCpuRanks(2, 256, 8, new() { HiddenSize = 8, MaxTokens = 1, Timeout = TimeSpan.FromDays(1) });
        op.SetInputs(1);
        op.Hold(1, Late);
        for (var rank = 0; rank < 2; rank++) op.Launch(rank, 8);
        // In other memory, so that the first call's results stay.
        using var other = op.Group.Ranks[0].Allocate<BFloat16>(8 * 256);
        op.Operation.Launch(0, null, new() { Input = op.Call(0, 8).Input, AllReduceOut = other.AsTensor(8, 256) });

        op.Operation.Dispose();

        op.Compare(8, "of the call that both launched");
    }

    [Test]
    public void WorkOfOthersThatDoesNotEndIsNotWaitedForLongerThanTheTimeout()
    {
        using var context = GpuContext.Open(RanksOfATest.Gpus[0]);
        using var foreign = new GpuStream(context);
        using var op = new GpuAndCpuRanks(2, 256, 8, new() { HiddenSize = 8, MaxTokens = 1, Timeout = TimeSpan.FromMilliseconds(50) });
        op.SetInputs(1);
        op.LaunchAll(8);
        TypedKernels.Hold.Launch(foreign, new LaunchShape(1, 1), 8_000_000_000);

        op.Operation.Dispose();

        Assert.That(foreign.IsBusy, Is.True, "the other work still runs");
        // A new operation does not wait for it either. (To free memory does, in the driver.)
        using var next = new Runtime.AllReduce(op.Group, new() { HiddenSize = 256, MaxTokens = 8 });
        for (var rank = 0; rank < 2; rank++) next.Launch(rank, null, op.Call(rank, 8));
        for (var rank = 0; rank < 2; rank++) next.Synchronize(rank);
        Assert.That(foreign.IsBusy, Is.True, "the other work still runs");
        foreign.Synchronize();
        op.Compare(8, "by the next operation");
    }
}
