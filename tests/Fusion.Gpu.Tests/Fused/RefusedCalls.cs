using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>enter_call of kernels/cu/fusion/comm/workspace.cuh.</summary>
public sealed class RefusedCalls : GpuTest
{
    private const int Blocks = 8;

    // 27 bits of the number are remembered.
    private static readonly uint[] Numbers = [1, 2, 77, (1u << 27) - 1, 1u << 27, uint.MaxValue];

    /// <summary>A block that reads the failure of its own call goes on like those that read it before there was one: a block of a
    /// cluster that left alone would leave the others writing to memory that is gone.</summary>
    [TestCaseSource(nameof(Numbers))]
    public void AreNotThoseInWhichTheFailureHappens(uint call) =>
        Assert.That(Enter(call, call), Is.EqualTo((Enumerable.Repeat(call, Blocks), Enumerable.Repeat(0u, Blocks), call + 1)));

    [TestCaseSource(nameof(Numbers))]
    public void AreThoseBehindOneThatFailedAndDoNotCount(uint call) =>
        Assert.That(Enter(call, call - 1), Is.EqualTo((Enumerable.Repeat(call, Blocks), Enumerable.Repeat(1u, Blocks), call)));

    [TestCaseSource(nameof(Numbers))]
    public void AreNoneWhereNothingFailed(uint call) =>
        Assert.That(Enter(call, null), Is.EqualTo((Enumerable.Repeat(call, Blocks), Enumerable.Repeat(0u, Blocks), call + 1)));

    private (uint[] Numbers, uint[] Refused, uint Next) Enter(uint call, uint? failed)
    {
        using var control = new DeviceBuffer<uint>(Context, [call, 0, 0, 0]);
        using var numbers = new DeviceBuffer<uint>(Context, Blocks);
        using var refused = new DeviceBuffer<uint>(Context, Blocks);
        numbers.FillBytes(0xCC);
        refused.FillBytes(0xCC);
        Run("entered_call", new(Blocks, 64), control, failed is { } number ? number : -1L, numbers, refused);
        return (Read(numbers), Read(refused), Read(control)[0]);
    }
}
