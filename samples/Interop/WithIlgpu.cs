using Fusion.Runtime;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Interop;

/// <summary>A kernel of Fusion.Sdk, then one of ILGPU, on ILGPU's memory in ILGPU's stream.</summary>
internal static class WithIlgpu
{
    public static float[] Run()
    {
        using var ilgpu = Context.Create(builder => builder.Cuda());
        using var accelerator = ilgpu.CreateCudaAccelerator(0);
        using var stream = (CudaStream)accelerator.CreateStream();
        using var memory = accelerator.Allocate1D<float>([1, 2, 3]);
        var increment = accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>>((i, numbers) => numbers[i] += 1);

        // ILGPU makes a context for itself, so Fusion works in that one.
        using var context = GpuContext.FromHandle(accelerator.NativePtr);
        ForeignMemory.Scale(context, stream.StreamPtr, memory.NativePtr, memory.Length, factor: 10);
        increment(stream, (int)memory.Length, memory.View); // behind it, in the same stream
        stream.Synchronize();
        return memory.GetAsArray1D();
    }
}
