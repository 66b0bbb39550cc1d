#pragma once

#include <fusion/base/integers.cuh>

// Conversions to FP8 and FP4 that only some chips have; fusion/quant/e4m3.cuh and e2m1.cuh choose between
// these and integer arithmetic that gives the same codes. Each thread acts for itself; no memory.

// e4m3: Ada (from NVRTC 12 on) and everything from Hopper on.
#if __CUDA_ARCH__ >= 900 || (__CUDA_ARCH__ >= 890 && __CUDACC_VER_MAJOR__ >= 12)
#define FUSION_HAS_CVT_E4M3 1
#else
#define FUSION_HAS_CVT_E4M3 0
#endif

// e2m1: Blackwell, in code for one chip or its family. Plain sm_100 lacks it.
#if defined(__CUDA_ARCH_FEAT_SM100_ALL) || defined(__CUDA_ARCH_FEAT_SM103_ALL) || \
    defined(__CUDA_ARCH_FEAT_SM120_ALL) || defined(__CUDA_ARCH_FEAT_SM121_ALL) || \
    (defined(__CUDA_ARCH_FAMILY_SPECIFIC__) && __CUDA_ARCH_FAMILY_SPECIFIC__ >= 1000)
#define FUSION_HAS_CVT_E2M1 1
#else
#define FUSION_HAS_CVT_E2M1 0
#endif

namespace fusion::ptx {

#if FUSION_HAS_CVT_E4M3
/// Two e4m3 codes, `low` in the lower byte. Rounds to nearest even; what is beyond 448 becomes 448; NaN
/// becomes 0x7F.
__device__ __forceinline__ u32 cvt_rn_satfinite_e4m3x2(float low, float high) {
  u16 result;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(result) : "f"(high), "f"(low));
  return result;
}

/// Two f16 from two e4m3 codes, exactly; NaN becomes NaN. The lower byte goes to the lower half.
__device__ __forceinline__ u32 cvt_rn_f16x2_e4m3x2(u16 codes) {
  u32 result;
  asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(result) : "h"(codes));
  return result;
}
#endif

#if FUSION_HAS_CVT_E2M1
/// Two e2m1 codes, `low` in the lower four bits. Rounds to nearest even; what is beyond 6 becomes 6; NaN
/// becomes 6.
__device__ __forceinline__ u32 cvt_rn_satfinite_e2m1x2(float low, float high) {
  u32 result;
  asm("{\n"
      ".reg .b8 codes;\n"
      "cvt.rn.satfinite.e2m1x2.f32 codes, %1, %2;\n"
      "cvt.u32.u8 %0, codes;\n"
      "}"
      : "=r"(result)
      : "f"(high), "f"(low));
  return result;
}
#endif

}  // namespace fusion::ptx
