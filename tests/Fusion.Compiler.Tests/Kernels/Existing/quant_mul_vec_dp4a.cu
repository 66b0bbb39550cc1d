#include <cuda_fp16.h>
#include <stdint.h>
#define WARP_SIZE 32
#define GGML_UNUSED(x) (void)(x)
struct block_q8_1 {
  half2 ds;
  int8_t qs[32];
};
static __device__ __forceinline__ int get_int_from_int8(const int8_t* x8, const int& i32) {
  const uint16_t* x16 = (const uint16_t*)(x8 + sizeof(int) * i32);
  int x32 = 0;
  x32 |= x16[0] << 0;
  x32 |= x16[1] << 16;
  return x32;
}
static __device__ __forceinline__ float warp_reduce_sum(float x) {
#pragma unroll
  for (int mask = 16; mask > 0; mask >>= 1) x += __shfl_xor_sync(0xffffffff, x, mask, 32);
  return x;
}
template <int ncols_y>
#if !(defined(GGML_USE_HIPBLAS) && defined(__HIP_PLATFORM_AMD__))
__launch_bounds__(4 * WARP_SIZE, 1)
#endif
    static __global__ void mul_mat_vec_q(const block_q8_1* __restrict__ vx, const block_q8_1* __restrict__ vy,
                                         float* __restrict__ dst, const int ncols) {
  float tmp = 0.0f;
  for (int kbx = threadIdx.x; kbx < ncols / 32; kbx += WARP_SIZE) {
    int sumi = 0;
    for (int i = 0; i < 8; ++i)
      sumi = __dp4a(get_int_from_int8(vx[kbx].qs, i), get_int_from_int8(vy[kbx].qs, i), sumi);
    const float2 ds = __half22float2(__hmul2(vx[kbx].ds, vy[kbx].ds));
    tmp += ds.x * sumi + ds.y;
  }
  tmp = warp_reduce_sum(tmp);
  if (threadIdx.x == 0) dst[blockIdx.x] = tmp;
}
template __global__ void mul_mat_vec_q<1>(const block_q8_1* __restrict__, const block_q8_1* __restrict__,
                                          float* __restrict__, const int);
void ggml_cuda_op_mul_mat_vec_q(const void* ctx, const char* src0_dd_i, const int64_t ne00,
                                cudaStream_t stream) {
  GGML_UNUSED(ctx);
}
