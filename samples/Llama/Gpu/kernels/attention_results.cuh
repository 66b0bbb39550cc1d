#pragma once

#include <fusion/norm/octets.cuh>
#include <fusion/quant/e4m3.cuh>

namespace llama {

using namespace fusion;

/// Where attention's results go, [tokens, heads * head size]: numbers of T, or the codes that static FP8
/// makes of these numbers.
template <class T>
struct AttentionResults {
  void* y;
  const float* scale;  // of the codes; nullptr for numbers

  __device__ __forceinline__ void store(i64 index, float value) const {
    const T number = ptx::round_to<T>(value);
    if (scale == nullptr) static_cast<T*>(y)[index] = number;
    else static_cast<u8*>(y)[index] = static_cast<u8>(codes(to_float(number), 0.0f));
  }

  /// Two neighbours; `index` is even.
  __device__ __forceinline__ void store_pair(i64 index, float low, float high) const {
    const T first = ptx::round_to<T>(low), second = ptx::round_to<T>(high);
    if (scale != nullptr) {
      *reinterpret_cast<u16*>(static_cast<u8*>(y) + index) =
          static_cast<u16>(codes(to_float(first), to_float(second)));
      return;
    }
    static_cast<T*>(y)[index] = first;
    static_cast<T*>(y)[index + 1] = second;
  }

  /// Eight zeros; `index` is a multiple of 8.
  __device__ __forceinline__ void clear_octet(i64 index) const {
    if (scale == nullptr) store_octet(static_cast<T*>(y) + index, Octet<T>{});
    else *reinterpret_cast<uint2*>(static_cast<u8*>(y) + index) = make_uint2(0, 0);
  }

 private:
  // As static FP8 has it: x * (1 / scale).
  __device__ __forceinline__ u32 codes(float low, float high) const {
    const float factor = __fdiv_rn(1.0f, *scale);
    return e4m3_pair(__fmul_rn(low, factor), __fmul_rn(high, factor));
  }
};

}  // namespace llama
