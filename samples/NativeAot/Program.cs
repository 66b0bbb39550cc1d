using Fusion.Runtime;
using NativeAot;

const int block = 128;
float[] values = [1f, 2f, 3f];

try
{
    using var context = GpuContext.Open();
    using var stream = new GpuStream(context);
    using var data = new DeviceBuffer<float>(context, values);

    Kernels.Scale.Launch(stream, new LaunchShape(grid: 1, block: block), data, factor: 10f, count: values.Length);
    stream.Synchronize();

    data.CopyTo(values);
    Console.WriteLine($"{context.Device.Name}: {string.Join(", ", values)}");
    return values is [10f, 20f, 30f] ? 0 : 1;
}
catch (Exception e) when (e is IFusionError)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
