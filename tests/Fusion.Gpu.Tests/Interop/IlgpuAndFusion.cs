using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Fusion.Gpu.Tests.Interop;

public sealed class IlgpuAndFusion : GpuTest
{
    private Context? ilgpu;
    private CudaAccelerator? accelerator;

    private CudaAccelerator Accelerator => accelerator!;

    [OneTimeSetUp]
    public void OpenIlgpu()
    {
        ilgpu = ILGPU.Context.Create(builder => builder.Cuda());
        if (ilgpu.GetCudaDevices().Count == 0) Assert.Ignore("ILGPU finds no GPU here");
        accelerator = ilgpu.CreateCudaAccelerator(0);
    }

    [OneTimeTearDown]
    public void CloseIlgpu()
    {
        accelerator?.Dispose();
        ilgpu?.Dispose();
    }

    [Test]
    public void WorkOnTheSameMemoryInTheSameStream()
    {
        using var context = GpuContext.FromHandle(Accelerator.NativePtr);
        using var kernels = KernelLibrary.Load(typeof(GpuTest).Assembly, context);
        using var memory = Accelerator.Allocate1D<float>([1, 2, 3]);
        using var theirs = (CudaStream)Accelerator.CreateStream();
        using var stream = GpuStream.FromHandle(context, theirs.StreamPtr);
        var increment = Accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>>(Increment);

        var data = context.PointerTo<float>(memory.NativePtr, memory.Length);
        kernels.GetKernel("scale<float>").Launch(stream, new(1, 32), data, 10f, 3);
        increment(theirs, 3, memory.View);
        kernels.GetKernel("scale<float>").Launch(stream, new(1, 32), data, 2f, 3);
        theirs.Synchronize();

        Assert.That(memory.GetAsArray1D(), Is.EqualTo([22f, 42, 62]));
    }

    [Test]
    public void DoNotMixTheirContexts()
    {
        Accelerator.Bind();
        using var memory = Accelerator.Allocate1D<float>(3);
        using var theirs = (CudaStream)Accelerator.CreateStream();

        // Context is the primary one.
        var address = Assert.Throws<FusionArgumentException>(() => Context.PointerTo<float>(memory.NativePtr, 3))!;
        var stream = Assert.Throws<FusionArgumentException>(() => GpuStream.FromHandle(Context, theirs.StreamPtr))!;
        Assert.That(address.Message, Does.Contain("of the same GPU. Wrap the context"));
        Assert.That(stream.Message, Does.StartWith("FUSION2015: The stream 0x"));

        // What was freed must be freed in its own context.
        using var context = GpuContext.FromHandle(Accelerator.NativePtr);
        context.MakeCurrent();
    }

    private static void Increment(Index1D i, ArrayView<float> numbers) => numbers[i] += 1;
}
