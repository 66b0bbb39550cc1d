using Fusion.Runtime;

namespace Interop;

/// <summary>Handles as numbers, as ManagedCuda and every binding of CUDA has them. Here Fusion.Runtime itself plays the other
/// library.</summary>
internal static class WithRawHandles
{
    public static float[] Run()
    {
        using var primary = GpuContext.Open();
        using var stream = new GpuStream(primary);
        using var memory = new DeviceBuffer<float>(primary, [1, 2, 3]);

        // With ManagedCuda: cuda.Context.Pointer, stream.Stream.Pointer, memory.DevicePointer.Pointer, which all become an nint.
        using (var context = GpuContext.FromHandle(primary.Handle))
        {
            ForeignMemory.Scale(context, stream.Handle, (nint)memory.Pointer.Address, memory.Length, factor: 10);
            stream.Synchronize(); // before the context goes, and the kernels with it
        }

        var result = new float[3];
        memory.CopyTo(result);
        return result;
    }
}
