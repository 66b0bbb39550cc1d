#include <cuda.h>

// Copies a box of 32 x 8 floats at (x, y) of a matrix by the tensor memory accelerator, and writes it out in
// rows. `x` is a multiple of 4: the accelerator takes multiples of 16 bytes.
__global__ void copy_box(const __grid_constant__ CUtensorMap map, float* out, int x, int y) {
#if __CUDA_ARCH__ >= 900
  constexpr int kElements = 32 * 8;
  __shared__ alignas(128) float box[kElements];
  __shared__ alignas(8) unsigned long long barrier;
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(box));
  const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(at) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(at),
                 "r"(static_cast<unsigned>(sizeof(box)))
                 : "memory");
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], "
        "[%4];" ::"r"(to),
        "l"(&map), "r"(x), "r"(y), "r"(at)
        : "memory");
  }
  __syncthreads();
  unsigned done = 0;
  while (done == 0) {
    asm volatile(
        "{\n .reg .pred p;\n mbarrier.try_wait.parity.shared::cta.b64 p, [%1], 0;\n selp.u32 %0, 1, 0, p;\n}"
        : "=r"(done)
        : "r"(at)
        : "memory");
  }
  for (int i = threadIdx.x; i < kElements; i += blockDim.x) out[i] = box[i];
#endif
}
