#pragma once

// Sums of products of bytes and 16-bit numbers. NVRTC 11 declares them and has no code for them.
#include "vector_types.h"

#if __CUDACC_VER_MAJOR__ < 12 && (!defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 610)
#define FUSION_COMPAT_DOT(name, type, ptx)                          \
  __device__ __forceinline__ type name(type a, type b, type c) {    \
    type d;                                                         \
    asm(ptx " %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c)); \
    return d;                                                       \
  }
FUSION_COMPAT_DOT(__dp4a, int, "dp4a.s32.s32")
FUSION_COMPAT_DOT(__dp4a, unsigned, "dp4a.u32.u32")
FUSION_COMPAT_DOT(__dp2a_lo, int, "dp2a.lo.s32.s32")
FUSION_COMPAT_DOT(__dp2a_lo, unsigned, "dp2a.lo.u32.u32")
FUSION_COMPAT_DOT(__dp2a_hi, int, "dp2a.hi.s32.s32")
FUSION_COMPAT_DOT(__dp2a_hi, unsigned, "dp2a.hi.u32.u32")
#undef FUSION_COMPAT_DOT
#endif
