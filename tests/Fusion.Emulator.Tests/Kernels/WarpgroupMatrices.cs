using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Products of <c>wgmma</c>, which four warps compute of matrices in shared memory, beside those of C#.</summary>
public sealed class WarpgroupMatrices
{
    [Test]
    public void AreThoseOfEachType(
        [Values("e4m3.e4m3", "e5m2.e5m2", "e4m3.e5m2", "f16.f16", "bf16.bf16")] string types, [Values] bool isInRegisters, [Values] bool adds) =>
        Check(new(types, 24) { IsInRegisters = isInRegisters, Adds = adds });

    [Test]
    public void AreThoseOfEachPermutation(
        [Values("e4m3.e5m2", "bf16.bf16")] string types, [Values(0, 32, 64, 128)] int swizzle, [Values(8, 56)] int columns) =>
        Check(new(types, columns) { Swizzle = swizzle });

    [Test]
    public void AreThoseOfAllColumns([Values("e4m3.e4m3", "f16.f16")] string types, [Values(0, 128)] int swizzle) =>
        Check(new(types, 256) { Swizzle = swizzle });

    [TestCase(64, 32)]
    [TestCase(128, 32)]
    [TestCase(128, 96)]
    public void AreThoseOfAPartOfTheRows(int swizzle, int start) => Check(new("e4m3.e4m3", 8) { Swizzle = swizzle, Start = start });

    [TestCase(-1, 1)]
    [TestCase(1, -1)]
    [TestCase(-1, -1)]
    public void AreSubtractedWhereThatIsAsked(int signOfA, int signOfB) => Check(new("bf16.bf16", 8) { SignOfA = signOfA, SignOfB = signOfB });

    [Test]
    public void MayHaveRowsThatNobodyWrote()
    {
        var product = new WarpgroupProduct("e4m3.e4m3", 8) { WrittenBytes = 32 * 128 };

        var (read, expected) = product.Run();

        Assert.That(read[..(32 * 8)], Is.EqualTo(expected[..(32 * 8)]));
    }

    [Test]
    public void OfRowsOutsideOfTheSharedMemoryAreAMistake()
    {
        var fault = new WarpgroupProduct("e4m3.e4m3", 8) { Distance = WarpgroupProduct.SharedBytes - 1024 }.Fail();

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.OutOfBounds));
        Assert.That(fault.Message, Does.Contain("wgmma.mma_async"));
    }

    [Test]
    public void OfRowsThatAnotherWarpWritesWithoutABarrierAreAMistake() =>
        Assert.That(new WarpgroupProduct("e4m3.e4m3", 8) { Meets = false }.Fail().Kind, Is.EqualTo(FaultKind.SharedMemoryRace));

    [Test]
    public void MayBeOverwrittenBehindTheWait() => Check(new("e4m3.e4m3", 8) { Overwrites = true });

    [TestCase(true, 1)]
    [TestCase(false, 0)]
    public void AreAMistakeWhereTheyAreOverwrittenBeforeTheWait(bool commits, int left)
    {
        var fault = new WarpgroupProduct("e4m3.e4m3", 8) { Overwrites = true, Commits = commits, Left = left }.Fail();

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.SharedMemoryRace));
        Assert.That(fault.Message, Does.Contain("a product of matrices, in line").And.Contain("wgmma.wait_group"));
    }

    [Test]
    public void NeedFourWarps()
    {
        var fault = new WarpgroupProduct("e4m3.e4m3", 8) { Threads = 96 }.Fail();

        Assert.That((fault.Kind, fault.Message.Contains("the four warps of a warpgroup", StringComparison.Ordinal)), Is.EqualTo((FaultKind.IllegalInstruction, true)));
    }

    [Test]
    public void NeedTheSameDescriptorInAllLanes() =>
        Assert.That(new WarpgroupProduct("e4m3.e4m3", 8) { DistanceOfLanes = 1 }.Fail().Message, Does.Contain("different descriptors"));

    [Test]
    public void HaveNoBaseOffset() => Assert.That(new WarpgroupProduct("e4m3.e4m3", 8) { BaseOffset = 3 }.Fail().Message, Does.Contain("base offset"));

    [TestCase("m64n8k16.f32.f16.f16 {%f1, %f1, %f1, %f1}, %rd1, %rd1, p, 1, 1, 0, 1;", "transposes")]
    [TestCase("m64n8k16.f32.f16.f16 {%f1, %f1, %f1, %f1}, %rd1, %rd1, p, 1, 1;", "operands")]
    [TestCase("m64n8k32.f32.e4m3.e4m3 {%f1, %f1}, %rd1, %rd1, p, 1, 1;", "2 registers")]
    [TestCase("m64n8k32.f32.e4m3.e4m3 {%f1, %f1, %f1, %f1}, %rd1, %rd1, p, 1, 2;", "1 or -1")]
    [TestCase("m64n12k32.f32.e4m3.e4m3 {%f1, %f1, %f1, %f1, %f1, %f1}, %rd1, %rd1, p, 1, 1;", "no shape")]
    [TestCase("m64n264k32.f32.e4m3.e4m3 {%f1, %f1, %f1, %f1}, %rd1, %rd1, p, 1, 1;", "no shape")]
    [TestCase("m64n8k16.f32.e4m3.e4m3 {%f1, %f1, %f1, %f1}, %rd1, %rd1, p, 1, 1;", "no shape")]
    [TestCase("m64n8k16.f16.f16.f16 {%r1, %r1}, %rd1, %rd1, p, 1, 1, 0, 0;", "wgmma")]
    [TestCase("m64n8k8.f32.tf32.tf32 {%f1, %f1, %f1, %f1}, %rd1, %rd1, p, 1, 1;", "wgmma")]
    [TestCase("m64n8k32.s32.s8.s8 {%r1, %r1, %r1, %r1}, %rd1, %rd1, p;", "wgmma")]
    public void AreRefusedInFormsThatTheEmulatorDoesNotHave(string form, string why) =>
        Assert.That(() => Load("sm_90a", $"wgmma.mma_async.sync.aligned.{form}"), Throws.Exception.With.Message.Contains("FUSION6002").And.Message.Contains(why));

    [Test]
    public void AreRefusedInPtxThatIsNotForTheirChipAlone() =>
        Assert.That(() => Load("sm_90", "wgmma.fence.sync.aligned;"), Throws.Exception.With.Message.Contains("FUSION6002").And.Message.Contains("sm_90a"));

    [TearDown]
    public void Leave() => Emulator.Leave();

    private static void Load(string target, string instruction) => new TestGpu(
        $".version 8.0\n.target {target}\n.address_size 64\n.visible .entry k()\n{{\n.reg .f32 %f<2>;\n.reg .b32 %r<2>;\n.reg .b64 %rd<2>;\n.reg .pred p;\n{instruction}\nret;\n}}").Dispose();

    private static void Check(WarpgroupProduct product)
    {
        var (read, expected) = product.Run();

        Assert.That(read, Is.EqualTo(expected));
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(expected.Length / 4));
    }
}
