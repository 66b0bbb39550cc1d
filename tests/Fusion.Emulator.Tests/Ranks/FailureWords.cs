using System.Runtime.InteropServices;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>What ranks of several machines tell each other beside their sums: whether one of them gave up.</summary>
public sealed class FailureWords
{
    private const int Words = 4;
    private static readonly ElementType[] Types = [ElementType.BFloat16, ElementType.Float16, ElementType.Float32];

    private RankGroup group = null!;
    private Workspace workspace = null!;
    private RankBuffer<uint> words = null!;

    private Rank Rank => group.Ranks[0];

    [SetUp]
    public void Make()
    {
        Emulator.Use(new() { Gpus = 1 });
        group = RankGroup.OnGpus(0);
        workspace = new(Rank.Context!, KernelLimits.ControlBytes);
        words = Rank.Allocate<uint>(Words);
        words.FillBytes(0xA5);
    }

    [TearDown]
    public void Leave()
    {
        words.Dispose();
        workspace.Dispose();
        group.Dispose();
        Emulator.Leave();
    }

    [TestCaseSource(nameof(Types))]
    public void AreOnesOfTheTypeOfTheSumWhereTheRankGaveUp(ElementType type)
    {
        Launch(kernels => kernels.WriteFailure, type);
        Assert.That(Read(words, Words), Is.All.Zero);
        SetControl(call: 7, failed: 1);
        Launch(kernels => kernels.WriteFailure, type);
        var bytes = MemoryMarshal.AsBytes<uint>(Read(words, Words)).ToArray();
        Assert.That(type switch
        {
            ElementType.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            ElementType.Float16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), one => (float)one),
            _ => Array.ConvertAll(MemoryMarshal.Cast<byte, BFloat16>(bytes).ToArray(), one => (float)one),
        }, Is.All.EqualTo(1f));
    }

    [TestCase(0u)]
    [TestCase(0x80008000u, Description = "negative zeros of two bytes")]
    public void SayNothingWhereTheirSumIsZero(uint sum)
    {
        SetControl(call: 7, failed: 0);
        words.CopyFrom([sum, sum, sum, sum]);
        Launch(kernels => kernels.ReadFailure, ElementType.BFloat16);
        Assert.That((workspace.Status.Failed, Control().Failed), Is.EqualTo((0, 0u)));
    }

    [TestCase(0x40004000u, Description = "two ranks")]
    [TestCase(0x3F800000u, Description = "one rank, f32")]
    [TestCase(0x7FFF7FFFu, Description = "a NaN")]
    public void LetTheRankGiveUpThatHearsOfAnother(uint sum)
    {
        SetControl(call: 7, failed: 0);
        words.CopyFrom([0, 0, 0, sum]);
        Launch(kernels => kernels.ReadFailure, ElementType.BFloat16);
        var status = workspace.Status;
        Assert.That((status.Failed, status.Step, status.Peer, status.Call), Is.EqualTo((1, WaitStatus.MachinesStep, -1, 6)));
        // Of call 6, so that the seventh is refused.
        Assert.That(Control().Failed, Is.EqualTo((6u << 5) | 1));
    }

    [Test]
    public void LetTheRankGiveUpWhoseSumTheHostEnded()
    {
        SetControl(call: 7, failed: 0);
        words.CopyFrom(new uint[Words]);
        (workspace.Status.Step, workspace.Status.Call, workspace.Status.Failed) = (WaitStatus.AbortedStep, 3, 1);
        Launch(kernels => kernels.ReadFailure, ElementType.BFloat16);
        Assert.That(Control().Failed, Is.Not.Zero);
        Assert.That((workspace.Status.Step, workspace.Status.Call), Is.EqualTo((WaitStatus.AbortedStep, 3)), "what the host said stays");
    }

    private void Launch(Func<TwoLevelKernels, SeparateKernel> which, ElementType type)
    {
        var parameters = new CollectiveParameters
        {
            Input = words.Pointer.Address,
            Output = words.Pointer.Address,
            Status = workspace.StatusAddress,
            Ranks = 2,
            Choices = TwoLevelSum.OneOf(type),
        };
        parameters.Workspaces[0] = workspace.Address;
        which(TwoLevelKernels.Load(Rank.Gpu!, 1, type)).Launch(Rank.Stream!, parameters, 1);
        Rank.Stream!.Synchronize();
        Assert.That(Emulator.Faults, Is.Empty);
    }

    private unsafe void SetControl(uint call, uint failed)
    {
        Rank.Context!.MakeCurrent();
        fixed (uint* content = new uint[] { call, 0, failed, 0 })
        {
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToDevice(workspace.Address, content, 16, Rank.Stream!.Handle), "cuMemcpyHtoDAsync");
            Rank.Stream!.Synchronize();
        }
    }

    private unsafe (uint Call, uint Failed) Control()
    {
        Rank.Context!.MakeCurrent();
        var found = new uint[4];
        fixed (uint* content = found)
        {
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(content, workspace.Address, 16, Rank.Stream!.Handle), "cuMemcpyDtoHAsync");
            Rank.Stream!.Synchronize();
        }

        return (found[0], found[2]);
    }

    private static uint[] Read(RankBuffer<uint> buffer, int count)
    {
        var content = new uint[count];
        buffer.CopyTo(content);
        return content;
    }
}
