#include <cuda_fp16.h>
#include <cstdint>
#include <cstdio>
#include <memory>
#define QK4_0 32
typedef struct {
  half d;
  uint8_t qs[QK4_0 / 2];
} block_q4_0;
static_assert(sizeof(block_q4_0) == sizeof(half) + QK4_0 / 2, "wrong q4_0 block size/padding");
typedef struct {
  half2 dm;
  uint8_t scales[12];
  uint8_t qs[128];
} block_q4_K;

static __device__ __forceinline__ void dequantize_q4_0(const void* vx, const int ib, const int iqs,
                                                       float2& v) {
  const block_q4_0* x = (const block_q4_0*)vx;
  const float d = x[ib].d;
  const int vui = x[ib].qs[iqs];
  v.x = ((vui & 0xF) - 8.0f) * d;
  v.y = ((vui >> 4) - 8.0f) * d;
}
template <typename dst_t>
static __global__ void dequantize_block(const void* __restrict__ vx, dst_t* __restrict__ y, const int k) {
  const int i = 2 * (blockDim.x * blockIdx.x + threadIdx.x);
  if (i >= k) return;
  float2 v;
  dequantize_q4_0(vx, i / QK4_0, (i % QK4_0) / 2, v);
  y[i] = v.x;
  y[i + 1] = v.y;
}
template __global__ void dequantize_block<half>(const void* __restrict__, half* __restrict__, const int);
template __global__ void dequantize_block<float>(const void* __restrict__, float* __restrict__, const int);
extern "C" __global__ void dequantize_q4_K(const block_q4_K* x, float* y) {
  const float dall = __low2half(x[blockIdx.x].dm), dmin = __high2half(x[blockIdx.x].dm);
  y[threadIdx.x] = dall * (x[blockIdx.x].qs[threadIdx.x] & 0xF) - dmin;
}
template <typename dst_t>
using to_t_cuda_t = void (*)(const void* __restrict__ x, dst_t* __restrict__ y, int64_t k,
                             cudaStream_t stream);
static void dequantize_row_cuda(const void* vx, half* y, const int k, cudaStream_t stream) {
  const int num_blocks = (k + 255) / 256;
  dequantize_block<half><<<num_blocks, 128, 0, stream>>>(vx, y, k);
}
to_t_cuda_t<half> get_to_fp16_cuda(int type) { return nullptr; }
