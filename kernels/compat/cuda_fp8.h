#pragma once

// The 8-bit formats with the functions and types of CUDA's header of this name.

#define __CUDA_FP8_H__

#include "fusion_compat/fp8_convert.h"
#include "fusion_compat/fp8_e8m0.h"

// One number, two and four of a format. Conversions to a format saturate; all but that of float are explicit
// both ways.
#define FC_FP8(name, format)                                                                                 \
  struct __nv_fp8_##name {                                                                                   \
    __nv_fp8_storage_t __x;                                                                                  \
    __nv_fp8_##name() = default;                                                                             \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(float f)                                                     \
        : __x(__nv_cvt_float_to_fp8(f, __NV_SATFINITE, format)) {}                                           \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(double f)                                                    \
        : __x(__nv_cvt_double_to_fp8(f, __NV_SATFINITE, format)) {}                                          \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(__half f)                                                    \
        : __x(__nv_cvt_halfraw_to_fp8(f, __NV_SATFINITE, format)) {}                                         \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(__nv_bfloat16 f)                                             \
        : __x(__nv_cvt_bfloat16raw_to_fp8(f, __NV_SATFINITE, format)) {}                                     \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(short i) : __nv_fp8_##name(static_cast<float>(i)) {}         \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(unsigned short i)                                            \
        : __nv_fp8_##name(static_cast<float>(i)) {}                                                          \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(int i) : __nv_fp8_##name(static_cast<double>(i)) {}          \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(unsigned i) : __nv_fp8_##name(static_cast<double>(i)) {}     \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(long i) : __nv_fp8_##name(static_cast<double>(i)) {}         \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(unsigned long i)                                             \
        : __nv_fp8_##name(static_cast<double>(i)) {}                                                         \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(long long i) : __nv_fp8_##name(static_cast<double>(i)) {}    \
    FUSION_COMPAT_BOTH explicit __nv_fp8_##name(unsigned long long i)                                        \
        : __nv_fp8_##name(static_cast<double>(i)) {}                                                         \
    FUSION_COMPAT_BOTH explicit operator __half() const { return __nv_cvt_fp8_to_halfraw(__x, format); }     \
    FUSION_COMPAT_BOTH explicit operator float() const { return __half2float(__half(*this)); }               \
    FUSION_COMPAT_BOTH explicit operator __nv_bfloat16() const { return __float2bfloat16_rn(float(*this)); } \
    FUSION_COMPAT_BOTH explicit operator double() const { return float(*this); }                             \
    FUSION_COMPAT_BOTH explicit operator signed char() const { return __half2char_rz(__half(*this)); }       \
    FUSION_COMPAT_BOTH explicit operator char() const { return __half2char_rz(__half(*this)); }              \
    FUSION_COMPAT_BOTH explicit operator unsigned char() const { return __half2uchar_rz(__half(*this)); }    \
    FUSION_COMPAT_BOTH explicit operator short() const { return __half2short_rz(__half(*this)); }            \
    FUSION_COMPAT_BOTH explicit operator unsigned short() const { return __half2ushort_rz(__half(*this)); }  \
    FUSION_COMPAT_BOTH explicit operator int() const { return __half2int_rz(__half(*this)); }                \
    FUSION_COMPAT_BOTH explicit operator unsigned() const { return __half2uint_rz(__half(*this)); }          \
    FUSION_COMPAT_BOTH explicit operator long() const { return __half2ll_rz(__half(*this)); }                \
    FUSION_COMPAT_BOTH explicit operator unsigned long() const { return __half2ull_rz(__half(*this)); }      \
    FUSION_COMPAT_BOTH explicit operator long long() const { return __half2ll_rz(__half(*this)); }           \
    FUSION_COMPAT_BOTH explicit operator unsigned long long() const { return __half2ull_rz(__half(*this)); } \
    FUSION_COMPAT_BOTH explicit operator bool() const { return (__x & 0x7f) != 0; }                          \
  };                                                                                                         \
  struct __attribute__((aligned(2))) __nv_fp8x2_##name {                                                     \
    __nv_fp8x2_storage_t __x;                                                                                \
    __nv_fp8x2_##name() = default;                                                                           \
    FUSION_COMPAT_BOTH explicit __nv_fp8x2_##name(float2 f)                                                  \
        : __x(__nv_cvt_float2_to_fp8x2(f, __NV_SATFINITE, format)) {}                                        \
    FUSION_COMPAT_BOTH explicit __nv_fp8x2_##name(double2 f)                                                 \
        : __x(__nv_cvt_double2_to_fp8x2(f, __NV_SATFINITE, format)) {}                                       \
    FUSION_COMPAT_BOTH explicit __nv_fp8x2_##name(__half2 f)                                                 \
        : __x(__nv_cvt_halfraw2_to_fp8x2(f, __NV_SATFINITE, format)) {}                                      \
    FUSION_COMPAT_BOTH explicit __nv_fp8x2_##name(__nv_bfloat162 f)                                          \
        : __x(__nv_cvt_bfloat16raw2_to_fp8x2(f, __NV_SATFINITE, format)) {}                                  \
    FUSION_COMPAT_BOTH explicit operator __half2() const { return __nv_cvt_fp8x2_to_halfraw2(__x, format); } \
    FUSION_COMPAT_BOTH explicit operator float2() const { return __half22float2(__half2(*this)); }           \
  };                                                                                                         \
  struct __attribute__((aligned(4))) __nv_fp8x4_##name {                                                     \
    __nv_fp8x4_storage_t __x;                                                                                \
    __nv_fp8x4_##name() = default;                                                                           \
    FUSION_COMPAT_BOTH explicit __nv_fp8x4_##name(float4 f)                                                  \
        : __x(fusion_compat::pack16(                                                                         \
              __nv_cvt_float2_to_fp8x2(make_float2(f.x, f.y), __NV_SATFINITE, format),                       \
              __nv_cvt_float2_to_fp8x2(make_float2(f.z, f.w), __NV_SATFINITE, format))) {}                   \
    FUSION_COMPAT_BOTH explicit __nv_fp8x4_##name(__half2 low, __half2 high)                                 \
        : __x(fusion_compat::pack16(__nv_cvt_halfraw2_to_fp8x2(low, __NV_SATFINITE, format),                 \
                                    __nv_cvt_halfraw2_to_fp8x2(high, __NV_SATFINITE, format))) {}            \
    FUSION_COMPAT_BOTH explicit __nv_fp8x4_##name(__nv_bfloat162 low, __nv_bfloat162 high)                   \
        : __x(fusion_compat::pack16(__nv_cvt_bfloat16raw2_to_fp8x2(low, __NV_SATFINITE, format),             \
                                    __nv_cvt_bfloat16raw2_to_fp8x2(high, __NV_SATFINITE, format))) {}        \
    FUSION_COMPAT_BOTH explicit operator float4() const {                                                    \
      float2 low = __half22float2(__half2(__nv_cvt_fp8x2_to_halfraw2(fusion_compat::low16(__x), format)));   \
      float2 high = __half22float2(__half2(__nv_cvt_fp8x2_to_halfraw2(fusion_compat::high16(__x), format))); \
      return make_float4(low.x, low.y, high.x, high.y);                                                      \
    }                                                                                                        \
  };

FC_FP8(e4m3, __NV_E4M3)
FC_FP8(e5m2, __NV_E5M2)
#undef FC_FP8
