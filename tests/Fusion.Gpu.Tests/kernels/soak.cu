#include <stdint.h>

// Compares an output with what it must be, word by word, and poisons it for the next call. `wrong` is counted
// up for each word that differs.
extern "C" __global__ void compare_and_poison(uint32_t* actual, const uint32_t* expected, uint64_t words,
                                              unsigned long long* wrong) {
  const uint64_t stride = uint64_t{gridDim.x} * blockDim.x;
  for (uint64_t i = blockIdx.x * uint64_t{blockDim.x} + threadIdx.x; i < words; i += stride) {
    if (actual[i] != expected[i]) atomicAdd(wrong, 1ull);
    actual[i] = 0xFFFFFFFFu;
  }
}
