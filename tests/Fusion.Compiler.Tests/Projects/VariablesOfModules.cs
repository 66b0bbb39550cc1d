using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class VariablesOfModules(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Source = """
        #include "table.cuh"
        struct P { float a; int b[3]; };
        __constant__ float weights[9];
        static __device__ int unused_static;
        __device__ __managed__ int shared_with_host;
        namespace math { __constant__ P params; namespace { __device__ double hidden[2][3]; } }
        template <class T> __device__ T of_template;
        #if 0
        __device__ int left_out;
        #endif
        extern "C" __global__ void blur(const float* in, float* out) {
          static __device__ int of_function;
          __shared__ float tile[8];
          if (threadIdx.x == 99) printf("%d", of_function++);
          tile[threadIdx.x % 8] = in[threadIdx.x];
          __syncthreads();
          out[threadIdx.x] = tile[threadIdx.x / 8 % 8] * weights[threadIdx.x % 9] + table[threadIdx.x % 4] + math::params.a
            + math::hidden[1][threadIdx.x % 3] + of_template<int> + shared_with_host;
        }
        """;

    [Test]
    public void AreInTheManifestOfCubinAndPtx()
    {
        Project.Write("table.cuh", "#pragma once\n__device__ float table[4] = {1, 2, 3, 4};\n");
        Project.Add("k.cu", Source, "sm_80;compute_80");

        Project.Run().MustSucceed();

        foreach (var image in Project.Manifest.Modules.Single().Images)
        {
            Assert.That(image.Variables.Select(v => (v.Name, v.Kind, v.Type, v.Size)), Is.EqualTo([
                ("math::hidden", VariableKind.Device, "double[2][3]", 48L),
                ("math::params", VariableKind.Constant, "P", 16L),
                ("shared_with_host", VariableKind.Managed, "int", 4L),
                ("table", VariableKind.Device, "float[4]", 16L),
                ("unused_static", VariableKind.Device, "int", 4L),
                ("weights", VariableKind.Constant, "float[9]", 36L)]));
            Assert.That(image.Variables.Single(v => v.Name == "math::params").Symbol, Is.EqualTo("_ZN4math6paramsE"));
        }
    }

    [Test]
    public void MayBeMissingInAnImage()
    {
        Project.Add("k.cu", "#if __CUDA_ARCH__ >= 900\n__constant__ int x;\n#endif\nextern \"C\" __global__ void k(int* y) {}\n", "sm_80;sm_90");

        Project.Run().MustSucceed();

        Assert.That(Project.Manifest.Modules.Single().Images.Select(image => image.Variables.Count), Is.EqualTo([0, 1]));
    }
}
