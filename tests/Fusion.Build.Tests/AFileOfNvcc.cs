using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>A file that nvcc builds, in a project without a toolkit: its headers, its host code, and launchers for all of it.</summary>
public sealed class AFileOfNvcc : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("k.cu", """
            #include <cuda_runtime.h>
            #include <cuda_fp16.h>
            #include <stdio.h>
            #include <vector>

            #define SCALE(T, NAME) extern "C" __global__ void NAME##_kernel(T* x, T factor) { x[threadIdx.x] *= factor; }
            SCALE(float, scale_f32)
            SCALE(double, scale_f64)

            template <typename T>
            __global__ void copy(const T* from, T* to) { to[threadIdx.x] = from[threadIdx.x]; }
            template __global__ void copy<half>(const half* from, half* to);

            __global__ auto shade(uchar4* pixels, int2 size, uint mask, const half2* tint, cudaTextureObject_t image) -> void {
              if (threadIdx.x < size.x) pixels[threadIdx.x].x = mask & (unsigned)__low2float(tint[0]);
            }

            int main() {
              std::vector<float> values(32);
              scale_f32_kernel<<<1, 32>>>(values.data(), 2.0f);
              return printf("done\n");
            }
            """);
        consumer.Write("Uses.cs", """
            using System;
            using Fusion.Runtime;

            namespace MyApp
            {
                internal static class Uses
                {
                    public static void All(GpuStream stream, LaunchShape shape, DeviceBuffer<float> x, DeviceBuffer<Half> h,
                        DeviceBuffer<DeviceVector4<byte>> pixels, DeviceBuffer<DeviceVector2<Half>> tint)
                    {
                        Consumer.Kernels.ScaleF32Kernel.Launch(stream, shape, x, 2f);
                        Consumer.Kernels.CopyHalf.Launch(stream, shape, h, h);
                        Consumer.Kernels.Shade.Launch(stream, shape, pixels, new DeviceVector2<int>(640, 480), 7u, tint, 0ul);
                    }
                }
            }
            """);
        consumer.WriteProject(Projects.Library("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>")).DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void BuildsAsItIsWithALauncherForEachKernel() => Consumer.Rebuild().MustSucceed();
}
