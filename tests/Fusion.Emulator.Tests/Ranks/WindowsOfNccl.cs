using Fusion.Interop.Nccl;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>What <see cref="NcclAllReduce"/> does with symmetric windows, on emulated GPUs and an NCCL that writes down how it is called.</summary>
public sealed class WindowsOfNccl
{
    private const int Hidden = 64;
    private const int Piece = 2 << 20;
    private const string Registered = "init 2|allocate memory 1 of 2097152|allocate memory 2 of 2097152|group start|" +
        "register 1: memory 1 of 2097152, flags 1|register 2: memory 2 of 2097152, flags 1|group end";

    private RankGroup group = null!;

    private static string Calls => string.Join('|', FakeNccl.Calls);

    [SetUp]
    public void Use()
    {
        Emulator.Use(new() { Gpus = 2 });
        group = RankGroup.OnGpus(0, 1);
    }

    [TearDown]
    public void Leave()
    {
        group.Dispose();
        Assert.That(Emulator.Faults, Is.Empty);
        Emulator.Leave();
    }

    [Test]
    public void AreRegisteredForAllRanksAtOnceAndEndBeforeTheirCommunicatorsAndThese()
    {
        var nccl = new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl()), windowBytes: 1);
        Assert.That(nccl.WindowBytes, Is.EqualTo(Piece), "NCCL allocates whole pieces");
        Assert.That(Calls, Is.EqualTo(Registered));

        nccl.Dispose();
        nccl.Dispose();

        Assert.That(Calls, Is.EqualTo($"{Registered}|group start|deregister 1: 101|deregister 2: 102|group end|destroy 1|destroy 2|free memory 1|free memory 2"));
    }

    [Test]
    public void AreFreedAfterAnAbortWithoutAnyCallThatWouldWait()
    {
        var nccl = new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl()), windowBytes: 1);
        nccl.Abort();
        nccl.Dispose();
        Assert.That(Calls, Is.EqualTo($"{Registered}|abort 1|abort 2|free memory 1|free memory 2"));
    }

    [Test]
    public void TakeTheSumFromWhichTheEpilogueReadsAndNoOtherMemoryIsAllocated()
    {
        using var nccl = new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl()), windowBytes: Hidden * sizeof(float));

        Assert.That(SumAndResidual(nccl), Is.EqualTo(Enumerable.Range(0, Hidden).Select(i => (2f * i) + 1)));

        Assert.That(FakeNccl.Calls.TakeLast(2), Is.EqualTo(["all-reduce 1: memory 1 to memory 1", "all-reduce 2: memory 2 to memory 2"]));
    }

    [Test]
    public void AreForCallsThatFitAndOthersAreSummedWhereTheyAre()
    {
        using var nccl = new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl()), windowBytes: 1);
        var rows = (Piece / sizeof(float) / Hidden) + 1;
        using var input = group.Ranks[0].Allocate<float>(rows * Hidden);
        using var output = group.Ranks[0].Allocate<float>(rows * Hidden);

        nccl.Launch(0, group.Ranks[0].Stream!, input.AsTensor(rows - 1, Hidden), output.AsTensor(rows - 1, Hidden));
        nccl.Launch(0, group.Ranks[0].Stream!, input.AsTensor(rows, Hidden), output.AsTensor(rows, Hidden));

        Assert.That(FakeNccl.Calls.TakeLast(2), Is.EqualTo(["all-reduce 1: memory 1 to memory 1", "all-reduce 1: other memory to other memory"]));
        group.Ranks[0].Stream!.Synchronize();
    }

    [TestCase(22703)]
    [TestCase(22105, TestName = "AnOlderNcclIsAsGoodAsLongAsNoneIsAskedFor")]
    public void AreNotThereUnlessOneAsks(int version)
    {
        using var nccl = new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl(version)), windowBytes: 0);

        Assert.That(SumAndResidual(nccl), Is.EqualTo(Enumerable.Range(0, Hidden).Select(i => (2f * i) + 1)));

        Assert.That(nccl.WindowBytes, Is.Zero);
        Assert.That(Calls, Is.EqualTo("init 2|all-reduce 1: other memory to other memory|all-reduce 2: other memory to other memory"));
    }

    [TestCase("allocate", "ncclMemAlloc of NCCL 2.27.3 returned 2: unhandled system error")]
    [TestCase("register", "ncclCommWindowRegister of NCCL 2.27.3 returned 2: unhandled system error")]
    public void AnErrorSaysWhatNcclSaidAndLeavesNothing(string function, string words)
    {
        var error = Assert.Throws<NcclException>(() => _ = new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl(failing: function)), windowBytes: 1))!;

        Assert.That((error.Code, error.Result), Is.EqualTo(("FUSION4011", 2)));
        Assert.That(error.Message, Does.Contain(words));
        int Count(string start) => FakeNccl.Calls.Count(call => call.StartsWith(start, StringComparison.Ordinal));
        Assert.That((Count("free"), Count("destroy")), Is.EqualTo((Count("allocate"), 2)), Calls);
    }

    [Test]
    public void AnNcclWithoutThemOrThatMakesNoneIsAnError()
    {
        Assert.That(() => new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl(22105)), windowBytes: 1),
            Throws.TypeOf<NcclException>().With.Message.Contain("NCCL 2.21.5 has no symmetric windows"));
        Assert.That(() => new NcclAllReduce(group, NcclLibrary.Of(new FakeNccl(makesNoWindow: true)), windowBytes: 1),
            Throws.TypeOf<NcclException>().With.Message.Contain("made no window for rank 0").And.Message.Contain("NCCL_WIN_ENABLE"));
        Assert.That(Calls, Does.EndWith("|destroy 1|destroy 2").And.Not.Contain("deregister"));
    }

    private float[] SumAndResidual(NcclAllReduce nccl)
    {
        using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = 1, DataType = ElementType.Float32, Library = nccl });
        var buffers = new List<RankBuffer<float>>();
        foreach (var rank in group.Ranks)
        {
            RankBuffer<float> Make(Func<int, float> number)
            {
                var buffer = rank.Allocate<float>(Hidden);
                buffer.CopyFrom([.. Enumerable.Range(0, Hidden).Select(number)]);
                buffers.Add(buffer);
                return buffer;
            }

            operation.Launch(rank.Index, null, new()
            {
                Input = Make(i => i).AsTensor(1, Hidden),
                Residual = Make(_ => 1).AsTensor(1, Hidden),
                ResidualOut = Make(_ => float.NaN).AsTensor(1, Hidden),
            }, AllReduceStrategy.Separate);
        }

        foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
        var results = buffers.Where((_, i) => i % 3 == 2).Select(buffer =>
        {
            var numbers = new float[Hidden];
            buffer.CopyTo(numbers);
            return numbers;
        }).ToArray();
        buffers.ForEach(buffer => buffer.Dispose());
        Assert.That(results[1], Is.EqualTo(results[0]));
        return results[0];
    }
}
