#include <mma.h>
#include <cuda_bf16.h>
#include <cuda_pipeline.h>
using namespace nvcuda;
template <typename T>
struct Shape;
template <>
struct Shape<__nv_bfloat16> {
  static constexpr int K = 16;
};
template <>
struct Shape<float> {
  static constexpr int K = 8;
};
__global__ void bf16gemm(const __nv_bfloat16* A, const __nv_bfloat16* B, float* D) {
  extern __shared__ __nv_bfloat16 shmem[];
  __pipeline_memcpy_async(shmem + threadIdx.x * 8, A + threadIdx.x * 8, 16);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  wmma::fragment<wmma::matrix_a, 16, 16, Shape<__nv_bfloat16>::K, __nv_bfloat16, wmma::row_major> a[2];
  wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, wmma::col_major> b;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> c[2];
  for (int i = 0; i < 2; i++) {
    wmma::fill_fragment(c[i], 0.0f);
    wmma::load_matrix_sync(a[i], shmem + i * 256, 16);
    wmma::load_matrix_sync(b, B, 16);
    wmma::mma_sync(c[i], a[i], b, c[i]);
    wmma::store_matrix_sync(D + i * 256, c[i], 16, wmma::mem_row_major);
  }
}
__global__ void tf32gemm(const float* A, const float* B, float* D) {
  wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> a;
  wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::col_major> b;
  wmma::fragment<wmma::accumulator, 16, 16, 8, float> c;
  wmma::fill_fragment(c, 0.0f);
  wmma::load_matrix_sync(a, A, 8);
  wmma::load_matrix_sync(b, B, 8);
#pragma unroll
  for (int t = 0; t < a.num_elements; t++) a.x[t] = wmma::__float_to_tf32(a.x[t]);
  wmma::mma_sync(c, a, b, c);
  wmma::store_matrix_sync(D, c, 16, wmma::mem_row_major);
}
enum kernels { bf16mma_shmem_gemm_async_copy = 0, naive = 1 };
const char* kernelNames[] = {"compute_bf16gemm_async_copy", "naive"};
int selected = bf16mma_shmem_gemm_async_copy;
