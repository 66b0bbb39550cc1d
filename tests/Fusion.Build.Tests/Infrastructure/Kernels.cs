namespace Fusion.Build.Tests.Infrastructure;

/// <summary>Sources of kernels.</summary>
internal static class Kernels
{
    /// <summary>A small kernel.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="body">What it does.</param>
    /// <param name="include">Lines before it.</param>
    public static string Named(string name, string body = "out[threadIdx.x] = 1.0f;", string include = "") => $$"""
        {{include}}
        extern "C" __global__ void {{name}}(float* out, int n) {
          {{body}}
        }
        """;

    /// <summary>A kernel with a variable that nobody uses, of which NVRTC warns in line 2, column 7.</summary>
    /// <param name="name">Its name.</param>
    public static string WithWarning(string name) => $$"""
        extern "C" __global__ void {{name}}(float* out) {
          int forgotten;
          out[0] = 1.0f;
        }
        """;

    /// <summary>A kernel with an unknown name in line 3, column 12.</summary>
    /// <param name="name">Its name.</param>
    public static string WithError(string name) => $$"""
        // A comment.
        extern "C" __global__ void {{name}}(float* out) {
          out[0] = undefined_thing;
        }
        """;

    /// <summary>The header of one of many kernels.</summary>
    public static string HeaderOf(int kernel) => $"k{kernel:d2}.cuh";

    /// <summary>Writes kernels <c>k00.cu</c>, <c>k01.cu</c> …, each with a header of its own.</summary>
    public static void WriteMany(Consumer consumer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            consumer.Write(HeaderOf(i), $"__device__ constexpr float kFactor = {i}.5f;\n");
            consumer.Write($"k{i:d2}.cu", $$"""
                #include "{{HeaderOf(i)}}"
                extern "C" __global__ void kernel{{i:d2}}(float* data, int n) { data[threadIdx.x] = data[n] * kFactor; }
                """);
        }
    }
}
