#include <fusion/ptx/convert.cuh>
#include <fusion/quant/e4m3.cuh>

using namespace fusion;

// Random weights for benches, which need numbers as models have and no file.

namespace {

/// A number of nearly the normal distribution, mean 0 and variance 1: a sum of four even ones, of the 64 bits
/// that SplitMix64 makes of seed and index.
__device__ __forceinline__ float normal(u64 seed, u64 index) {
  u64 z = (seed + index) * 0x9E3779B97F4A7C15ull + 0xD1342543DE82EF95ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  z ^= z >> 31;
  const u32 sum = static_cast<u32>(z & 0xFFFF) + static_cast<u32>((z >> 16) & 0xFFFF) +
                  static_cast<u32>((z >> 32) & 0xFFFF) + static_cast<u32>(z >> 48);
  return (static_cast<float>(sum) - 131070.0f) * (1.7320508f / 65536.0f);
}

template <class T>
struct As {
  __device__ __forceinline__ static T of(float value) { return ptx::round_to<T>(value); }
};

template <>
struct As<e4m3> {
  __device__ __forceinline__ static e4m3 of(float value) {
    return e4m3{static_cast<u8>(e4m3_pair(value, 0.0f))};
  }
};

template <class T>
__device__ __forceinline__ void fill(T* y, i64 count, u64 seed, float center, float spread) {
  const i64 stride = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride)
    y[i] = As<T>::of(center + spread * normal(seed, static_cast<u64>(i)));
}

}  // namespace

// Fills `count` elements with center + spread * a normal number. Grid and block: any, along x.
#define LLAMA_FILL(name, T)                                                                \
  extern "C" __global__ void name(T* y, i64 count, u64 seed, float center, float spread) { \
    fill<T>(y, count, seed, center, spread);                                               \
  }

LLAMA_FILL(fill_normal_bf16, bf16)
LLAMA_FILL(fill_normal_f16, f16)
LLAMA_FILL(fill_normal_e4m3, e4m3)
