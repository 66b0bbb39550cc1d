#include "cuda_fp16.h"
#include "cuda_bf16.h"
#include <stdint.h>
#define BINARY_OP_OUT(TYPENAME, OUT_TYPENAME, FN_NAME, FUNC)                                               \
  extern "C" __global__ void FN_NAME(const size_t numel, const TYPENAME* lhs, const TYPENAME* rhs,         \
                                     OUT_TYPENAME* out) {                                                  \
    for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < numel; i += blockDim.x * gridDim.x) { \
      TYPENAME x = lhs ? lhs[i] : out[i];                                                                  \
      TYPENAME y = rhs ? rhs[i] : out[i];                                                                  \
      out[i] = FUNC;                                                                                       \
    }                                                                                                      \
  }
#define BINARY_OP(TYPENAME, FN_NAME, FUNC) BINARY_OP_OUT(TYPENAME, TYPENAME, FN_NAME, FUNC)
#define COMPARE(TYPE, NAME, OP)                                                                  \
  extern "C" __global__ void NAME##_##TYPE(const size_t numel, const TYPE* lhs, const TYPE* rhs, \
                                           uint8_t* out) {                                       \
    for (unsigned int i = threadIdx.x; i < numel; i += blockDim.x) out[i] = lhs[i] OP rhs[i];    \
  }
#if __CUDA_ARCH__ >= 800
BINARY_OP(__nv_bfloat16, badd_bf16, x + y)
BINARY_OP(__nv_bfloat16, bdiv_bf16, x / y)
BINARY_OP(__nv_bfloat16, bmax_bf16, __hmax_nan(x, y))
#endif
BINARY_OP(__half, badd_f16, x + y)
BINARY_OP(__half, bmin_f16, __hmin_nan(x, y))
BINARY_OP(float, badd_f32, x + y);
BINARY_OP(double, badd_f64, x + y);
BINARY_OP(int64_t, badd_i64, x + y);
COMPARE(float, eq, ==)
COMPARE(uint32_t, lt, <)
