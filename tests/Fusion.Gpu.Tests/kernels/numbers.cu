#include <fusion/base/bf16.cuh>
#include <fusion/norm/rsqrt.cuh>
#include <fusion/ptx/convert.cuh>

using namespace fusion;

__global__ void widen_bf16(float* output, const bf16* input, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) output[i] = to_float(input[i]);
}

__global__ void round_to_bf16(bf16* output, const float* input, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) output[i] = ptx::cvt_rn_bf16(input[i]);
}

__global__ void reciprocal_root(float* output, const float* input, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) output[i] = rsqrt_rn(input[i]);
}
