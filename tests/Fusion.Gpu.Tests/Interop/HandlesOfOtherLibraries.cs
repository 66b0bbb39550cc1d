using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Interop;

public sealed class HandlesOfOtherLibraries : GpuTest
{
    [Test]
    public void AreThreeNumbersAndFreeNothing()
    {
        using var values = new DeviceBuffer<float>(Context, [1, 2, 3]);
        using (var context = GpuContext.FromHandle(Context.Handle))
        {
            Assert.That(context.Device.Ordinal, Is.EqualTo(Context.Device.Ordinal));
            using var stream = GpuStream.FromHandle(context, Stream.Handle);
            using var kernels = KernelLibrary.Load(typeof(GpuTest).Assembly, context);
            var data = context.PointerTo<float>((nint)values.Pointer.Address, values.Length);

            kernels.GetKernel("scale<float>").Launch(stream, new(1, 32), data, 10f, 3);
            stream.Synchronize();
        }

        // Context, stream and memory still work.
        Run("scale<float>", new(1, 32), values, 2f, 3);
        Assert.That(Read(values), Is.EqualTo([20f, 40, 60]));
    }

    [Test]
    public void GenerateLaunchersTheirKernelsInAForeignContextToo()
    {
        using var values = new DeviceBuffer<float>(Context, [1, 2, 3]);
        using var context = GpuContext.FromHandle(Context.Handle);
        using var stream = GpuStream.FromHandle(context, 0);

        TypedKernels.ScaleFloat.Launch(stream, new(1, 32), context.PointerTo<float>((nint)values.Pointer.Address, 3), 3f, 3);
        stream.Synchronize();

        Assert.That(Read(values), Is.EqualTo([3f, 6, 9]));
    }

    [Test]
    public unsafe void OfTheHostAreRefused()
    {
        var onHost = stackalloc float[3];
        var address = (nint)onHost;
        var error = Assert.Throws<FusionArgumentException>(() => Context.PointerTo<float>(address, 3))!;
        Assert.That(error.Message, Does.StartWith("FUSION2015").And.Contain("unknown to the CUDA driver"));
    }

    [Test]
    public void AreRefusedBeyondTheirAllocation()
    {
        using var values = new DeviceBuffer<float>(Context, 1 << 20);
        var address = (nint)values.Pointer.Address;
        Assert.DoesNotThrow(() => Context.PointerTo<float>(address, 1 << 20));
        var error = Assert.Throws<FusionArgumentException>(() => Context.PointerTo<float>(address + 4, 1L << 40))!;
        Assert.That(error.Message, Does.Contain("of its allocation; expected 4398046511104 bytes"));
    }
}
