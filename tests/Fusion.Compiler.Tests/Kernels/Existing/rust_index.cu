#include <stdint.h>
#include <limits>
template <typename T>
__device__ constexpr T max_value() {
  return std::numeric_limits<T>::max();
}
#define IS_OP(TYPENAME, INDEX_TYPENAME, FN_NAME)                                                           \
  extern "C" __global__ void FN_NAME(const size_t numel, const INDEX_TYPENAME* ids, const TYPENAME* inp,   \
                                     TYPENAME* out, const size_t left_size, const size_t right_size) {     \
    for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < numel; i += blockDim.x * gridDim.x) { \
      if (ids[i] == max_value<INDEX_TYPENAME>()) out[i] = static_cast<TYPENAME>(0);                        \
      else {                                                                                               \
        assert(ids[i] < left_size);                                                                        \
        out[i] = inp[ids[i] * right_size + i % right_size];                                                \
      }                                                                                                    \
    }                                                                                                      \
  }
IS_OP(float, uint32_t, is_u32_f32)
IS_OP(float, int64_t, is_i64_f32)
IS_OP(uint8_t, uint8_t, is_u8_u8)
