using System.Runtime.InteropServices;
using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Machine;

/// <summary>Boxes of tensors that a kernel copies to shared memory, whose bytes it writes out as they lie there.</summary>
public sealed class CopiesByTensorMaps
{
    private const int SharedBytes = 8192;
    private const int Seeds = 4;

    // A matrix of 100 columns, in rows of 104.
    private static readonly int[] Matrix = [100, 40];
    private static readonly int[] MatrixStrides = [1, 104];

    [Test]
    public void GiveABoxOfAMatrix([Values("copy2", "hinted", "to_cta")] string kernel)
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);

        var read = CopiedBoxes.Copy(gpu, Matrix, MatrixStrides, [32, 8], [16, 5], kernel: kernel);

        Assert.That(read, Is.EqualTo(CopiedBoxes.Expected(Matrix, MatrixStrides, [32, 8], [16, 5])));
    }

    [Test]
    public void GiveTheSameWithEverySeed()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var gpu = TestGpu.Of(CopiedBoxes.Source, new() { Seed = seed, StepLimit = 5_000_000 });

            var read = CopiedBoxes.Copy(gpu, Matrix, MatrixStrides, [64, 24], [16, 5], new() { Swizzle = TensorMapSwizzle.Bytes128 });

            Assert.That(read, Is.EqualTo(CopiedBoxes.Permuted(CopiedBoxes.Expected(Matrix, MatrixStrides, [64, 24], [16, 5]), 128, 0)), $"seed {seed}");
        }
    }

    [TestCase(8, 3, Description = "inside")]
    [TestCase(80, 36, Description = "beyond both ends, the end of the rows in the middle of 16 bytes")]
    [TestCase(-16, -3, Description = "before the start")]
    [TestCase(200, 100, Description = "beside the matrix")]
    public void AreZeroOutsideOfTheTensor(int x, int y)
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);

        var read = CopiedBoxes.Copy(gpu, Matrix, MatrixStrides, [32, 8], [x, y]);

        Assert.That(read, Is.EqualTo(CopiedBoxes.Expected(Matrix, MatrixStrides, [32, 8], [x, y])));
    }

    [Test]
    public void AreNaNOutsideOfTheTensorWhereThatIsAsked()
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);
        var matrix = gpu.Buffer(Enumerable.Range(0, 64).Select(i => (float)i).ToArray());
        var map = TensorMap.Create(matrix, [8, 8], [8, 8], new() { FillsWithNaN = true });
        var bytes = gpu.Buffer(new byte[256]);

        gpu.Run("copy2", 1, 64, map, bytes, 256, 0, 1, 4, 0, 0, 0, 0);

        var read = MemoryMarshal.Cast<byte, float>(TestGpu.Read(bytes)).ToArray();
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, 64).Select(i => i % 8 < 4 ? i + 4 : float.NaN)));
    }

    [TestCase(TensorMapSwizzle.Bytes32, 32, 0)]
    [TestCase(TensorMapSwizzle.Bytes64, 64, 0)]
    [TestCase(TensorMapSwizzle.Bytes128, 128, 0)]
    [TestCase(TensorMapSwizzle.Bytes32, 32, 128)]
    [TestCase(TensorMapSwizzle.Bytes64, 64, 384)]
    [TestCase(TensorMapSwizzle.Bytes128, 128, 640)]
    public void AreSwizzledByTheAddressInSharedMemory(TensorMapSwizzle swizzle, int rowBytes, int shift)
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);
        int[] box = [rowBytes / 2, 24];

        var read = CopiedBoxes.Copy(gpu, Matrix, MatrixStrides, box, [8, 2], new() { Swizzle = swizzle }, shift: shift);

        Assert.That(read, Is.EqualTo(CopiedBoxes.Permuted(CopiedBoxes.Expected(Matrix, MatrixStrides, box, [8, 2]), rowBytes, shift)));
    }

    [Test]
    public void GiveBoxesOfOneToFiveDimensions([Values(1, 2, 3, 4, 5)] int rank)
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);
        int[] sizes = [20, 5, 4, 3, 3];
        int[] strides = [1, 24, 128, 520, 1600];
        int[] box = [16, 3, 2, 3, 2];
        int[] start = [8, 1, -1, 0, 2];

        var read = CopiedBoxes.Copy(gpu, sizes[..rank], strides[..rank], box[..rank], start[..rank]);

        Assert.That(read, Is.EqualTo(CopiedBoxes.Expected(sizes[..rank], strides[..rank], box[..rank], start[..rank])));
    }

    [Test]
    public void TakeEachSecondElementWhereTheMapSaysSo()
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);
        int[] sizes = [16, 7, 9];
        int[] strides = [1, 16, 128];

        var read = CopiedBoxes.Copy(gpu, sizes, strides, [16, 5, 6], [0, 1, 2], new() { ElementStrides = [1, 2, 3] });

        Assert.That(read, Is.EqualTo(CopiedBoxes.Expected(sizes, strides, [16, 3, 2], [0, 1, 2], [1, 2, 3])));
    }

    [Test]
    public void TakeTheMapFromGlobalMemoryToo()
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);
        var map = TensorMap.Create(gpu.Buffer(CopiedBoxes.Values(104 * 40)), [100, 40], [32, 8], new() { Strides = [208] });
        var bytes = gpu.Buffer(new byte[512]);

        gpu.Run("by_pointer", 1, 64, gpu.Buffer(MemoryMarshal.AsBytes([map]).ToArray()), bytes, 512, 0, 1, 16, 5, 0, 0, 0);

        Assert.That(MemoryMarshal.Cast<byte, ushort>(TestGpu.Read(bytes)).ToArray(), Is.EqualTo(CopiedBoxes.Expected(Matrix, MatrixStrides, [32, 8], [16, 5])));
    }

    [Test]
    public void AreAMistakeWhereTheKernelDoesNotWait()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var gpu = TestGpu.Of(CopiedBoxes.Source, new() { Seed = seed, StepLimit = 5_000_000 });

            var fault = Fail(gpu, waits: 0);

            Assert.That(fault.Kind, Is.EqualTo(FaultKind.SharedMemoryRace), $"seed {seed}");
            Assert.That(fault.Message, Does.Contain("an asynchronous copy, in line"));
        }
    }

    [TestCase("copy2", 4, 0, FaultKind.IllegalInstruction, "the first coordinate of a copy, 4, is 8 bytes, which is no multiple of 16")]
    [TestCase("copy2", -1, 0, FaultKind.IllegalInstruction, "the first coordinate of a copy, -1, is -2 bytes")]
    [TestCase("copy2", 0, 64, FaultKind.Misaligned, "not aligned to 128 bytes")]
    [TestCase("copy2", 0, SharedBytes - 256, FaultKind.OutOfBounds, "an access of 512 bytes is outside the")]
    [TestCase("copy3", 0, 0, FaultKind.IllegalInstruction, "the tensor map has 2 dimensions, and the copy is one of 3")]
    public void EndTheKernelWhereTheyAreUndefined(string kernel, int x, int shift, FaultKind kind, string message)
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);

        var fault = Fail(gpu, kernel, x, shift);

        Assert.That(fault.Kind, Is.EqualTo(kind));
        Assert.That(fault.Message, Does.Contain(message));
    }

    [Test]
    public void EndTheKernelWhereRowsAreNarrowerThanTheirPermutation()
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);
        var map = TensorMap.Create(gpu.Buffer(CopiedBoxes.Values(104 * 40)), [104, 40], [32, 8], new() { Swizzle = TensorMapSwizzle.Bytes128 });

        var fault = gpu.Fail("copy2", 1, 64, map, gpu.Buffer(new byte[512]), 512, 0, 1, 0, 0, 0, 0, 0);

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.IllegalInstruction));
        Assert.That(fault.Message, Does.Contain("64 bytes, less than the 128"));
    }

    [Test]
    public void EndTheKernelWhereThereIsNoMap()
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);

        var fault = gpu.Fail("copy2", 1, 64, default(TensorMap), gpu.Buffer(new byte[512]), 512, 0, 1, 0, 0, 0, 0, 0);

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.IllegalInstruction));
        Assert.That(fault.Message, Does.Contain("there is no tensor map"));
    }

    [Test]
    public void OfUnwrittenMemoryAreAMistake()
    {
        using var gpu = TestGpu.Of(CopiedBoxes.Source);
        var map = TensorMap.Create(gpu.Unwritten<ushort>(104 * 40), [104, 40], [32, 8]);

        var fault = gpu.Fail("copy2", 1, 64, map, gpu.Buffer(new byte[512]), 512, 0, 1, 0, 0, 0, 0, 0);

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.UninitializedRead));
    }

    private static KernelFault Fail(TestGpu gpu, string kernel = "copy2", int x = 0, int shift = 0, int waits = 1)
    {
        var map = TensorMap.Create(gpu.Buffer(CopiedBoxes.Values(104 * 40)), [104, 40], [32, 8]);
        return gpu.Fail(kernel, 1, 64, map, gpu.Buffer(new byte[512]), 512, shift, waits, x, 0, 0, 0, 0);
    }
}
