namespace Fusion.Runtime.Tests.Modules;

public sealed class TensorMaps
{
    private const ulong Address = 0x7f00_0000_0000;

    [Test]
    public void HaveTheSizeOfCudas() => Assert.That(System.Runtime.CompilerServices.Unsafe.SizeOf<TensorMap>(), Is.EqualTo(128));

    [Test]
    public void OfAMatrixWithoutGapsHaveItsStride()
    {
        var layout = TensorMapLayout.Check<float>(Address, [64, 10], [32, 8], new TensorMapOptions { Swizzle = TensorMapSwizzle.Bytes128, FillsWithNaN = true });

        Assert.That((layout.DataType, layout.Swizzle, layout.OutOfBoundsFill), Is.EqualTo((7, 3, 1)));
        Assert.That((layout.Sizes, layout.Strides, layout.Box, layout.ElementStrides),
            Is.EqualTo((new ulong[] { 64, 10 }, new ulong[] { 256 }, new uint[] { 32, 8 }, new uint[] { 1, 1 })));
    }

    [Test]
    public void TakeStridesOfTheCaller() => Assert.That(
        TensorMapLayout.Check<Half>(Address, [100, 3, 2], [8, 1, 1], new TensorMapOptions { Strides = [208, 640] }).Strides, Is.EqualTo(new ulong[] { 208, 640 }));

    [TestCase(0, Description = "bytes")]
    [TestCase(1)]
    public void OfOneDimensionHaveNoStrides(int options) => Assert.That(
        TensorMapLayout.Check<byte>(Address, [256], [256], options == 0 ? new() : new() { Strides = [] }).Strides, Is.Empty);

    private static TestCaseData Wrong(string name, ulong address, long[] sizes, int[] box, TensorMapOptions options, string said) =>
        new TestCaseData(address, sizes, box, options, name.Split(':')[0], said).SetArgDisplayNames(name);

    private static IEnumerable<TestCaseData> WrongOnes()
    {
        var none = new TensorMapOptions();
        yield return Wrong("sizes: none", Address, [], [], none, "0 dimensions; expected 1 to 5");
        yield return Wrong("sizes: six", Address, [4, 1, 1, 1, 1, 1], [4, 1, 1, 1, 1, 1], none, "6 dimensions");
        yield return Wrong("sizes: zero", Address, [64, 0], [32, 1], none, "dimension 1 has 0 elements");
        yield return Wrong("sizes: huge", Address, [64, (1L << 32) + 1], [32, 1], none, "expected 1 to 4294967296");
        yield return Wrong("tensor: odd", Address + 8, [64], [32], none, "expected a multiple of 16 bytes");
        yield return Wrong("tensor: null", 0, [64], [32], none, "the address is 0x0");
        yield return Wrong("box: rank", Address, [64, 4], [32], none, "the box has 1 dimensions, the tensor 2");
        yield return Wrong("box: large", Address, [512, 512], [4, 257], none, "dimension 1 of the box has 257 elements; expected 1 to 256");
        yield return Wrong("box: zero", Address, [512, 512], [4, 0], none, "has 0 elements");
        yield return Wrong("box: odd row", Address, [64, 4], [3, 1], none, "12 bytes; expected a multiple of 16 bytes");
        yield return Wrong("box: swizzle", Address, [64, 4], [64, 1], new() { Swizzle = TensorMapSwizzle.Bytes128 }, "256 bytes, and Swizzle is Bytes128; expected 128 bytes at most");
        yield return Wrong("box: swizzle 32", Address, [64, 4], [16, 1], new() { Swizzle = TensorMapSwizzle.Bytes32 }, "expected 32 bytes at most");
        yield return Wrong("Strides: odd rows", Address, [100, 4], [4, 1], new() { Strides = [404] }, "the stride of dimension 1 is 404 bytes; expected a multiple of 16");
        yield return Wrong("Strides: dense odd rows", Address, [101, 4], [4, 1], none, "give Strides");
        yield return Wrong("Strides: short", Address, [64, 4], [4, 1], new() { Strides = [128] }, "expected 256 at least");
        yield return Wrong("Strides: count", Address, [64, 4], [4, 1], new() { Strides = [256, 1024] }, "there are 2 strides; expected 1");
        yield return Wrong("Strides: huge", Address, [64, 4], [4, 1], new() { Strides = [1L << 40] }, "below 2^40");
        yield return Wrong("ElementStrides: count", Address, [64, 4], [4, 1], new() { ElementStrides = [1] }, "there are 1 steps between elements; expected 2");
        yield return Wrong("ElementStrides: large", Address, [64, 4], [4, 1], new() { ElementStrides = [1, 9] }, "the step 9; expected 1 to 8");
        yield return Wrong("Interleave: rank", Address, [64, 4], [4, 1], new() { Interleave = TensorMapInterleave.Bytes16 }, "2 dimensions is interleaved; expected 3 to 5");
        yield return Wrong("Swizzle: interleave", Address, [8, 4, 4], [8, 1, 1], new() { Interleave = TensorMapInterleave.Bytes32 }, "expected Bytes32");
        yield return Wrong("Swizzle: none", Address, [64, 4], [4, 1], new() { Swizzle = (TensorMapSwizzle)9 }, "9 is no way to permute");
    }

    [TestCaseSource(nameof(WrongOnes))]
    public void SayWhichArgumentIsWrong(ulong address, long[] sizes, int[] box, TensorMapOptions options, string name, string said)
    {
        var error = Assert.Throws<FusionArgumentException>(() => TensorMapLayout.Check<float>(address, sizes, box, options))!;

        Assert.That((error.Code, error.ParamName), Is.EqualTo(("FUSION2018", name)));
        Assert.That(error.Message, Does.Contain(said));
    }

    // Chunks of rows, each chunk's rows behind each other: the elements of the last dimension are nearer than those before it.
    [Test]
    public void MayHaveDimensionsInAnyOrder() => Assert.That(
        TensorMapLayout.Check<byte>(Address, [128, 7, 5], [128, 4, 2], new() { Strides = [640, 128] }).Strides, Is.EqualTo([640UL, 128UL]));

    [Test]
    public void OfWholeNumbersAreNotFilledWithNaN() => Assert.That(
        () => TensorMapLayout.Check<int>(Address, [64], [4], new() { FillsWithNaN = true }), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("Int32"));

    [Test]
    public void HaveElementsThatTheHardwareKnows() => Assert.That(
        () => TensorMapLayout.Check<decimal>(Address, [64], [4], new()), Throws.TypeOf<FusionArgumentException>().With.Property("ParamName").EqualTo("T"));

    [Test]
    public void EndWithinTheirMemory()
    {
        var layout = TensorMapLayout.Check<float>(Address, [60, 4], [4, 1], new() { Strides = [256] });

        Assert.That(() => layout.CheckEnd(3 * 256 + 240, 4), Throws.Nothing);
        Assert.That(() => layout.CheckEnd(3 * 256 + 239, 4), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("1008 bytes, and its memory has 1007"));
    }
}
