using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>NCCL as the library of separate kernels; ignored where there is none (<c>FUSION_TEST_NCCL</c> names it).</summary>
public sealed class SumsOfNccl : GpuGroupTest
{
    private static readonly string? Path = Environment.GetEnvironmentVariable("FUSION_TEST_NCCL");

    [TestCase(ElementType.BFloat16)]
    [TestCase(ElementType.Float16)]
    [TestCase(ElementType.Float32)]
    public void OfOneRankAreItsOwnNumbersAloneAndInAGraph(ElementType type)
    {
        using var context = GpuContext.Open();
        using var nccl = Load(() => new NcclAllReduce([context], Path));
        using var stream = new GpuStream(context);
        var numbers = new byte[4096];
        new Random(1).NextBytes(numbers);
        for (var i = 0; i < numbers.Length; i++) numbers[i] &= 0x3F; // no NaN, whose bits a sum may change
        using var input = new DeviceBuffer<byte>(context, numbers.Length);
        using var output = new DeviceBuffer<byte>(context, numbers.Length);
        input.CopyFrom(numbers);
        var columns = numbers.Length / DeviceTensor.ByteCount(type, 1) / 2;
        var source = new DeviceTensor(input.Pointer.Address, type, 2, columns);
        var sum = source with { Address = output.Pointer.Address };

        output.FillBytes(0xFF);
        nccl.Launch(0, stream, source, sum);
        stream.Synchronize();
        Assert.That(Read(output), Is.EqualTo(numbers));

        using var graph = GpuGraph.Capture(stream, () => nccl.Launch(0, stream, source, sum));
        output.FillBytes(0xFF);
        graph.Launch(stream);
        stream.Synchronize();
        nccl.ThrowIfFailed();
        Assert.That(Read(output), Is.EqualTo(numbers), $"NCCL {nccl.Version}");
    }

    [Test]
    public void AreNotMadeAfterAnAbort()
    {
        using var context = GpuContext.Open();
        using var nccl = Load(() => new NcclAllReduce([context], Path));
        using var stream = new GpuStream(context);
        using var buffer = new DeviceBuffer<float>(context, 8);
        nccl.Abort();

        var tensor = DeviceTensor.Vector(buffer.Pointer.Address, ElementType.Float32, 8);
        Assert.That(() => nccl.Launch(0, stream, tensor, tensor),
            Throws.TypeOf<NcclException>().With.Message.Contain("aborted"));
        Assert.That(nccl.ThrowIfFailed, Throws.Nothing);
    }

    [Test]
    public void AreThereWhenItIsDisposed()
    {
        GpuContext[] contexts = [.. RanksOfATest.Gpus.Select(GpuContext.Open)];
        var nccl = Load(() => new NcclAllReduce(contexts, Path));
        GpuStream[] streams = [.. contexts.Select(context => new GpuStream(context))];
        DeviceBuffer<float>[] inputs = [.. contexts.Select(context => new DeviceBuffer<float>(context, [1, 2, 3, 4, 5, 6, 7, 8]))];
        DeviceBuffer<float>[] outputs = [.. contexts.Select(context => new DeviceBuffer<float>(context, 8))];
        // The first call connects the ranks, which takes longer than the last rank is late in the second: the others' kernels wait.
        for (var call = 0; call < 2; call++)
        {
            Array.ForEach(streams, stream => stream.Synchronize());
            for (var rank = 0; rank < contexts.Length; rank++)
            {
                outputs[rank].FillBytes(0xFF);
                if (call == 1 && rank == contexts.Length - 1) TypedKernels.Hold.Launch(streams[rank], new LaunchShape(1, 1), 300_000_000);
                nccl.Launch(rank, streams[rank], DeviceTensor.Vector(inputs[rank].Pointer.Address, ElementType.Float32, 8),
                    DeviceTensor.Vector(outputs[rank].Pointer.Address, ElementType.Float32, 8));
            }
        }

        nccl.Dispose();

        for (var rank = 0; rank < contexts.Length; rank++)
        {
            Assert.That(streams[rank].IsBusy, Is.False, $"rank {rank} is done");
            Assert.That(Read(outputs[rank]), Is.EqualTo(Enumerable.Range(1, 8).Select(i => (float)(i * contexts.Length))), $"rank {rank}");
        }

        Assert.That(nccl.Dispose, Throws.Nothing, "twice");
        Assert.That(nccl.Abort, Throws.Nothing, "after it was disposed");
        IDisposable[] all = [.. inputs, .. outputs, .. streams, .. contexts];
        Array.ForEach(all, one => one.Dispose());
    }

    [Test]
    public void EndInAnErrorAndNoCrashWhenTheyAreAbortedFromAnotherThread()
    {
        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var buffer = new DeviceBuffer<float>(context, 8);
        var tensor = DeviceTensor.Vector(buffer.Pointer.Address, ElementType.Float32, 8);
        for (var round = 0; round < 5; round++)
        {
            using var nccl = Load(() => new NcclAllReduce([context], Path));
            var launches = 0;
            var user = Task.Run(() =>
            {
                while (true)
                {
                    nccl.Launch(0, stream, tensor, tensor);
                    nccl.ThrowIfFailed();
                    Interlocked.Increment(ref launches);
                }
            });
            Assert.That(() => Volatile.Read(ref launches), Is.GreaterThan(20).After(10_000, 1));

            nccl.Abort();

            Assert.That(() => user.GetAwaiter().GetResult(), Throws.TypeOf<NcclException>().With.Message.Contain("aborted"));
        }
    }

    [Test]
    public void AreRefusedForRanksThatShareAGpu()
    {
        using var group = RankGroup.Loopback(2);

        Assert.That(() => new NcclAllReduce(group, Path),
            Throws.TypeOf<NcclException>().With.Message.Contain("2 ranks share GPU 0"));
    }

    [TestCase(2, 0)]
    [TestCase(4, 0)]
    [TestCase(8, 0)]
    [TestCase(2, 1 << 20)]
    [TestCase(4, 1 << 20)]
    [TestCase(8, 1 << 20)]
    public void GoBeforeTheSeparateKernelsAlsoInASymmetricWindow(int ranks, long windowBytes)
    {
        if (!RanksOfATest.AreOnSeveralGpus) Assert.Ignore($"one GPU: {RanksOfATest.Variable} lists no two");
        const int Hidden = 1024, Tokens = 50;
        using var group = RanksOfATest.Group(ranks);
        using var nccl = Load(() => new NcclAllReduce(group, Path, windowBytes));
        var options = new AllReduceOptions
        {
            HiddenSize = Hidden,
            MaxTokens = Tokens,
            DataType = ElementType.Float32,
            Policy = AllReducePolicy.WithLimits(0, 0),
            Library = nccl,
        };
        using var operation = new Runtime.AllReduce(group, options);
        var buffers = new List<(RankBuffer<float> Input, RankBuffer<float> Sum)>();
        foreach (var rank in group.Ranks)
        {
            // Whole numbers, whose sum is exact in any order.
            var numbers = Enumerable.Range(0, Tokens * Hidden).Select(i => (float)(((i * 7) + (rank.Index * 13)) % 1000)).ToArray();
            var own = (rank.Allocate<float>(numbers.Length), rank.Allocate<float>(numbers.Length));
            own.Item1.CopyFrom(numbers);
            own.Item2.FillBytes(0xFF);
            buffers.Add(own);
        }

        for (var call = 0; call < 3; call++)
        {
            foreach (var rank in group.Ranks)
            {
                operation.Launch(rank.Index, null, new()
                {
                    Input = buffers[rank.Index].Input.AsTensor(Tokens, Hidden),
                    AllReduceOut = buffers[rank.Index].Sum.AsTensor(Tokens, Hidden),
                });
            }

            foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
        }

        nccl.ThrowIfFailed();
        var expected = Enumerable.Range(0, Tokens * Hidden)
            .Select(i => (float)Enumerable.Range(0, ranks).Sum(rank => ((i * 7) + (rank * 13)) % 1000)).ToArray();
        foreach (var rank in group.Ranks)
        {
            var sum = new float[expected.Length];
            buffers[rank.Index].Sum.Slice(0, sum.Length).CopyTo(sum);
            Assert.That(sum, Is.EqualTo(expected), $"rank {rank.Index}, NCCL {nccl.Version}");
        }

        buffers.ForEach(own =>
        {
            own.Input.Dispose();
            own.Sum.Dispose();
        });
    }

    private static NcclAllReduce Load(Func<NcclAllReduce> make)
    {
        try
        {
            return make();
        }
        catch (NcclException e)
        {
            Assert.Ignore(e.Message.Split('\n')[0]);
            throw;
        }
    }

    private static T[] Read<T>(DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        var values = new T[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }
}
