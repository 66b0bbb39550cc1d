namespace Fusion.Tests.Shared;

/// <summary>A kernel that spills registers where a thread has 32 of them: 64 values are alive at a barrier.</summary>
internal static class SpillingKernel
{
    public const string Source = """
        extern "C" __global__ void hungry(float* data, int n) {
          float v[64];
          #pragma unroll
          for (int i = 0; i < 64; i++) v[i] = data[i * n];
          __syncthreads();
          #pragma unroll
          for (int i = 0; i < 64; i++) data[(63 - i) * n] = v[i];
        }

        """;
}
