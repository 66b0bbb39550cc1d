using System.Globalization;
using System.Text;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>A file that a generator wrote: 2 MB with 3,000 kernels.</summary>
public sealed class AFileOfManyKernels
{
    private const int Count = 3000;

    [Test]
    [Category("Nightly")]
    public void BuildsWithAllItsKernelsAndLaunchers()
    {
        using var consumer = new Consumer(Projects.Library("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>"));
        var source = new StringBuilder();
        for (var i = 0; i < Count; i++)
        {
            source.Append(CultureInfo.InvariantCulture, $$"""
                // The kernel {{i}} scales a vector, adds another one, and keeps what comes out between two bounds; a generator wrote it.
                __device__ __forceinline__ float bounded_{{i}}(float value, float low, float high) { return value < low ? low : value > high ? high : value; }
                extern "C" __global__ void __launch_bounds__(256) scale_and_add_{{i}}(float* __restrict__ out, const float* __restrict__ x, const float* __restrict__ y, float factor, int count)
                {
                    const int index = blockIdx.x * blockDim.x + threadIdx.x;
                    if (index < count) out[index] = bounded_{{i}}(x[index] * factor + y[index] * {{i}}.5f, -{{i}}.0f, {{i}}.0f);
                }
                void launch_{{i}}(float* out, const float* x, const float* y) { scale_and_add_{{i}}<<<1, 256>>>(out, x, y, 1.0f, 256); }

                """);
        }

        Assert.That(source.Length, Is.GreaterThan(2_000_000));
        consumer.Write("many.cu", source.ToString());
        consumer.Write("Use.cs", "public static class Use { public const int Threads = Consumer.Kernels.ScaleAndAdd2999.MaxThreads; }");

        consumer.Build().MustSucceed();

        Assert.That(consumer.Built.KernelNames("many"), Has.Length.EqualTo(Count));
    }
}
