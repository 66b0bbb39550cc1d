using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

/// <summary>The launchers that the build wrote for the kernels of these tests.</summary>
public sealed class TypedLaunchers : GpuTest
{
    [Test]
    public void RunTheirKernel()
    {
        using var values = new DeviceBuffer<float>(Context, [1, 2, 3]);

        TypedKernels.ScaleFloat.Launch(Stream, grid: 1, block: 32, values, factor: 0.5f, count: 3);
        Stream.Synchronize();

        Assert.That(Read(values), Is.EqualTo([0.5f, 1, 1.5f]));
    }

    [Test]
    public void PassStructsOfFusionTypeMap()
    {
        var small = new Arguments.Small { A = 0xA1, B = 0xB2B3, C = 0xC4 };
        var large = new Arguments.Large { D0 = 1.5, I4 = 5 };
        using var output = new DeviceBuffer<ulong>(Context, 18);
        output.FillBytes(0xFF);

        TypedKernels.EchoArguments.Launch(Stream, new(1, 1), output, 0xFE, 42, -1, small, true, Math.PI, large, 0.5f, 7);
        Stream.Synchronize();

        Assert.That(Read(output), Is.EqualTo(new ulong[]
        {
            0xFE, 42, ulong.MaxValue, 0xA1, 0xB2B3, 0xC4, 1, BitConverter.DoubleToUInt64Bits(Math.PI),
            BitConverter.DoubleToUInt64Bits(1.5), 0, 0, 0, 0, 0, 0, 5, BitConverter.SingleToUInt32Bits(0.5f), 7,
        }));
    }

    [Test]
    public void AllocateNothing()
    {
        const int Count = 1000;
        using var values = new DeviceBuffer<int>(Context, [1]);
        LaunchMany(values, Count);
        var before = GC.GetAllocatedBytesForCurrentThread();

        LaunchMany(values, Count);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Stream.Synchronize();
    }

    [Test]
    public void ShareALibraryAContextThatGoesWithIt()
    {
        KernelLibrary library;
        Kernel kernel;
        using (var context = GpuContext.Open())
        using (var stream = new GpuStream(context))
        {
            library = TypedKernels.Load(context);
            Assert.That(TypedKernels.Load(context), Is.SameAs(library));
            Assert.That(TypedKernels.Load(Context), Is.Not.SameAs(library));
            Assert.That(() => TypedKernels.Load(context, new KernelLoadOptions { Kind = ImageKind.Ptx }), Throws.InvalidOperationException);
            kernel = TypedKernels.ScaleInt.On(context);
            Assert.That(kernel.Name, Is.EqualTo("scale<int>"));
        }

        Assert.That(() => kernel.Launch(Stream, new(1, 1)), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void LoadAgainWhatWasDisposed()
    {
        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var values = new DeviceBuffer<int>(context, [3]);
        TypedKernels.Load(context).Dispose();

        TypedKernels.ScaleInt.Launch(stream, 1, 1, values, 2, 1);
        stream.Synchronize();

        Assert.That(Read(values), Is.EqualTo([6]));
    }

    private void LaunchMany(DeviceBuffer<int> values, int count)
    {
        var shape = new LaunchShape(1, 32);
        for (var i = 0; i < count; i++) TypedKernels.ScaleInt.Launch(Stream, shape, values, 1, 1);
    }
}
