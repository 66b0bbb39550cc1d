#include "cuda_fp16.h"
#include <stdint.h>
#include <cmath>

template <typename T>
__device__ __forceinline__ T gelu_fwd(T x) {
  T x_sq = x * x;
  T x_cube = x_sq * x;
  T alpha = x + static_cast<T>(0.044715) * x_cube;
  return static_cast<T>(0.5) * x *
         (static_cast<T>(1.0) + T(tanhf(float(static_cast<T>(M_2_SQRTPI * M_SQRT1_2) * alpha))));
}
__device__ bool is_contiguous(const size_t num_dims, const size_t* dims, const size_t* strides) {
  size_t acc = 1;
  for (unsigned int d = 0; d < num_dims; d++) {
    unsigned int dim_idx = num_dims - 1 - d;
    if (dims[dim_idx] > 1 && acc != strides[dim_idx]) return false;
    acc *= dims[dim_idx];
  }
  return true;
}

#define UNARY_OP(TYPENAME, FN_NAME, FUNC)                                                                    \
  extern "C" __global__ void FN_NAME(const size_t numel, const size_t num_dims, const size_t* info,          \
                                     const TYPENAME* inp, TYPENAME* out) {                                   \
    const size_t* dims = info;                                                                               \
    const size_t* strides = info + num_dims;                                                                 \
    if (info == nullptr || is_contiguous(num_dims, dims, strides)) {                                         \
      for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < numel; i += blockDim.x * gridDim.x) { \
        TYPENAME x = inp ? inp[i] : out[i];                                                                  \
        out[i] = FUNC;                                                                                       \
      }                                                                                                      \
    }                                                                                                        \
  }

#if __CUDA_ARCH__ >= 530
UNARY_OP(__half, ucopy_f16, x)
UNARY_OP(__half, uneg_f16, -x)
UNARY_OP(__half, uexp_f16, hexp(x))
UNARY_OP(__half, ugelu_f16, gelu_fwd(x))
UNARY_OP(__half, usqrt_f16, hsqrt(x))
#endif
UNARY_OP(uint8_t, ucopy_u8, x)
UNARY_OP(uint32_t, ucopy_u32, x)
UNARY_OP(int64_t, ucopy_i64, x)
UNARY_OP(float, ucopy_f32, x)
UNARY_OP(double, uexp_f64, exp(x))
UNARY_OP(float, ugelu_f32, gelu_fwd(x))
