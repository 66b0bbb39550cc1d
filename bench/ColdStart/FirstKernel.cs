using Fusion.Runtime;

namespace ColdStart;

/// <summary>The first kernel on a GPU, as samples/NativeAot launches it.</summary>
internal static class FirstKernel
{
    /// <summary>Runs the kernel.</summary>
    /// <returns>Whether the result is right.</returns>
    public static bool Run()
    {
        const int block = 128;
        float[] values = [1f, 2f, 3f];
        using var context = GpuContext.Open();
        Steps.Note("context");
        using var stream = new GpuStream(context);
        using var data = new DeviceBuffer<float>(context, values);
        Steps.Note("data");
        Kernels.Load(context);
        Steps.Note("module");
        Kernels.Scale.Launch(stream, new LaunchShape(grid: 1, block: block), data, factor: 10f, count: values.Length);
        stream.Synchronize();
        Steps.Note("launch");
        data.CopyTo(values);
        Steps.Note("result");
        return values is [10f, 20f, 30f];
    }
}
