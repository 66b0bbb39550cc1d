#pragma once

// Matrix multiplication by warps: half, bfloat16, tf32, 8-bit integers and double. The types of 4 and 1 bit
// are not here.

#include "vector_types.h"
#include "fusion_compat/wmma_fragments.h"

#include "fusion_compat/wmma_registers.inc"

namespace nvcuda {
namespace wmma {

/// Gives every element of a fragment one value. Every thread of the warp calls it.
template <typename Use, int m, int n, int k, typename T, typename Layout, typename Value>
FUSION_COMPAT_DEVICE void fill_fragment(fragment<Use, m, n, k, T, Layout>& f, const Value& value) {
#pragma unroll
  for (int i = 0; i < f.num_elements; ++i) f.x[i] = value;
}

/// Rounds a float to tf32, which what goes into a tf32 fragment must be.
FUSION_COMPAT_DEVICE float __float_to_tf32(float value) {
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return __uint_as_float(bits);
}

// Loads of a matrix whose rows, or columns, are stride elements apart. Every thread of the warp calls them
// with the same arguments; the address is aligned to 32 bytes.
#define FC_LOAD_LAYOUT(use, letter, m, n, k, type, memory, ptx, count, c, layout, word)                      \
  FUSION_COMPAT_DEVICE void load_matrix_sync(fragment<use, m, n, k, type, layout>& f, const memory* p,       \
                                             unsigned stride) {                                              \
    auto* r = f.registers();                                                                                 \
    asm volatile("wmma.load." letter ".sync.aligned." word ".m" #m "n" #n "k" #k "." ptx " " FC_LOAD_##count \
                 : FC_##count("=" c, r)                                                                      \
                 : "l"(p), "r"(stride)                                                                       \
                 : "memory");                                                                                \
  }
#define FC_LOAD(use, letter, m, n, k, type, memory, ptx, count, c)                    \
  FC_LOAD_LAYOUT(use, letter, m, n, k, type, memory, ptx, count, c, row_major, "row") \
  FC_LOAD_LAYOUT(use, letter, m, n, k, type, memory, ptx, count, c, col_major, "col")
#define FC_LOADS(m, n, k, type, ptx, a, b)                 \
  FC_LOAD(matrix_a, "a", m, n, k, type, type, ptx, a, "r") \
  FC_LOAD(matrix_b, "b", m, n, k, type, type, ptx, b, "r")

FC_LOADS(16, 16, 16, __half, "f16", 8, 8)
FC_LOADS(32, 8, 16, __half, "f16", 8, 8)
FC_LOADS(8, 32, 16, __half, "f16", 8, 8)
FC_LOADS(16, 16, 16, signed char, "s8", 2, 2)
FC_LOADS(32, 8, 16, signed char, "s8", 4, 1)
FC_LOADS(8, 32, 16, signed char, "s8", 1, 4)
FC_LOADS(16, 16, 16, unsigned char, "u8", 2, 2)
FC_LOADS(32, 8, 16, unsigned char, "u8", 4, 1)
FC_LOADS(8, 32, 16, unsigned char, "u8", 1, 4)
#if FUSION_COMPAT_HAS_SM80
FC_LOADS(16, 16, 16, __nv_bfloat16, "bf16", 4, 4)
FC_LOADS(32, 8, 16, __nv_bfloat16, "bf16", 8, 2)
FC_LOADS(8, 32, 16, __nv_bfloat16, "bf16", 2, 8)
FC_LOAD(matrix_a, "a", 16, 16, 8, precision::tf32, float, "tf32", 4, "r")
FC_LOAD(matrix_b, "b", 16, 16, 8, precision::tf32, float, "tf32", 4, "r")
FC_LOAD(matrix_a, "a", 8, 8, 4, double, double, "f64", 1, "d")
FC_LOAD(matrix_b, "b", 8, 8, 4, double, double, "f64", 1, "d")
#endif
#undef FC_LOADS
#undef FC_LOAD
#undef FC_LOAD_LAYOUT

// Loads and stores of sums, whose layout is said at the call.
#define FC_SUM_LAYOUT(m, n, k, type, ptx, count, c, word)                                         \
  asm volatile("wmma.load.c.sync.aligned." word ".m" #m "n" #n "k" #k "." ptx " " FC_LOAD_##count \
               : FC_##count("=" c, r)                                                             \
               : "l"(p), "r"(stride)                                                              \
               : "memory")
#define FC_STORE_LAYOUT(m, n, k, type, ptx, count, c, word)                                         \
  asm volatile("wmma.store.d.sync.aligned." word ".m" #m "n" #n "k" #k "." ptx " " FC_STORE_##count \
               :                                                                                    \
               : "l"(p), "r"(stride), FC_##count(c, r)                                              \
               : "memory")
#define FC_SUM(m, n, k, type, ptx, count, c)                                                          \
  FUSION_COMPAT_DEVICE void load_matrix_sync(fragment<accumulator, m, n, k, type>& f, const type* p,  \
                                             unsigned stride, layout_t layout) {                      \
    auto* r = f.registers();                                                                          \
    if (layout == mem_row_major) {                                                                    \
      FC_SUM_LAYOUT(m, n, k, type, ptx, count, c, "row");                                             \
    } else {                                                                                          \
      FC_SUM_LAYOUT(m, n, k, type, ptx, count, c, "col");                                             \
    }                                                                                                 \
  }                                                                                                   \
  FUSION_COMPAT_DEVICE void store_matrix_sync(type* p, const fragment<accumulator, m, n, k, type>& f, \
                                              unsigned stride, layout_t layout) {                     \
    const auto* r = f.registers();                                                                    \
    if (layout == mem_row_major) {                                                                    \
      FC_STORE_LAYOUT(m, n, k, type, ptx, count, c, "row");                                           \
    } else {                                                                                          \
      FC_STORE_LAYOUT(m, n, k, type, ptx, count, c, "col");                                           \
    }                                                                                                 \
  }

FC_SUM(16, 16, 16, float, "f32", 8, "f")
FC_SUM(32, 8, 16, float, "f32", 8, "f")
FC_SUM(8, 32, 16, float, "f32", 8, "f")
FC_SUM(16, 16, 16, __half, "f16", 4, "r")
FC_SUM(32, 8, 16, __half, "f16", 4, "r")
FC_SUM(8, 32, 16, __half, "f16", 4, "r")
FC_SUM(16, 16, 16, int, "s32", 8, "r")
FC_SUM(32, 8, 16, int, "s32", 8, "r")
FC_SUM(8, 32, 16, int, "s32", 8, "r")
#if FUSION_COMPAT_HAS_SM80
FC_SUM(16, 16, 8, float, "f32", 8, "f")
FC_SUM(8, 8, 4, double, "f64", 2, "d")
#endif
#undef FC_SUM
#undef FC_STORE_LAYOUT
#undef FC_SUM_LAYOUT

// d = a * b + c. Every thread of the warp calls it.
#define FC_MMA_LAYOUT(m, n, k, A, D, C, text, at, nd, na, nb, nc, rd, ra, rc, la, lb, wa, wb, ...)           \
  FUSION_COMPAT_DEVICE void mma_sync(                                                                        \
      fragment<accumulator, m, n, k, D>& d, const fragment<matrix_a, m, n, k, A, la>& a,                     \
      const fragment<matrix_b, m, n, k, A, lb>& b, const fragment<accumulator, m, n, k, C>& c __VA_ARGS__) { \
    auto* to = d.registers();                                                                                \
    const auto *x = a.registers(), *y = b.registers();                                                       \
    const auto* z = c.registers();                                                                           \
    FC_MMA_BODY(wa "." wb ".m" #m "n" #n "k" #k, text, at, nd, na, nb, nc, rd, ra, rc)                       \
  }
#define FC_MMA(m, n, k, A, D, C, text, at, nd, na, nb, nc, rd, ra, rc, ...)                                 \
  FC_MMA_LAYOUT(m, n, k, A, D, C, text, at, nd, na, nb, nc, rd, ra, rc, row_major, row_major, "row", "row", \
                __VA_ARGS__)                                                                                \
  FC_MMA_LAYOUT(m, n, k, A, D, C, text, at, nd, na, nb, nc, rd, ra, rc, row_major, col_major, "row", "col", \
                __VA_ARGS__)                                                                                \
  FC_MMA_LAYOUT(m, n, k, A, D, C, text, at, nd, na, nb, nc, rd, ra, rc, col_major, row_major, "col", "row", \
                __VA_ARGS__)                                                                                \
  FC_MMA_LAYOUT(m, n, k, A, D, C, text, at, nd, na, nb, nc, rd, ra, rc, col_major, col_major, "col", "col", \
                __VA_ARGS__)
#define FC_INSTRUCTION(shape, text, at, nd, na, nb, nc, rd, ra, rc) \
  asm volatile("wmma.mma.sync.aligned." shape text " " at           \
               : FC_##nd("=" rd, to)                                \
               : FC_##na(ra, x), FC_##nb(ra, y), FC_##nc(rc, z));

#define FC_MMA_BODY FC_INSTRUCTION
#define FC_NONE
#define FC_MMA_HALF(m, n, k)                                                                             \
  FC_MMA(m, n, k, __half, float, float, ".f32.f32", FC_AT_8_8_8_8, 8, 8, 8, 8, "f", "r", "f", FC_NONE)   \
  FC_MMA(m, n, k, __half, __half, __half, ".f16.f16", FC_AT_4_8_8_4, 4, 8, 8, 4, "r", "r", "r", FC_NONE) \
  FC_MMA(m, n, k, __half, __half, float, ".f16.f32", FC_AT_4_8_8_8, 4, 8, 8, 8, "r", "r", "f", FC_NONE)  \
  FC_MMA(m, n, k, __half, float, __half, ".f32.f16", FC_AT_8_8_8_4, 8, 8, 8, 4, "f", "r", "r", FC_NONE)
FC_MMA_HALF(16, 16, 16)
FC_MMA_HALF(32, 8, 16)
FC_MMA_HALF(8, 32, 16)
#if FUSION_COMPAT_HAS_SM80
FC_MMA(16, 16, 16, __nv_bfloat16, float, float, ".f32.bf16.bf16.f32", FC_AT_8_4_4_8, 8, 4, 4, 8, "f", "r",
       "f", FC_NONE)
FC_MMA(32, 8, 16, __nv_bfloat16, float, float, ".f32.bf16.bf16.f32", FC_AT_8_8_2_8, 8, 8, 2, 8, "f", "r", "f",
       FC_NONE)
FC_MMA(8, 32, 16, __nv_bfloat16, float, float, ".f32.bf16.bf16.f32", FC_AT_8_2_8_8, 8, 2, 8, 8, "f", "r", "f",
       FC_NONE)
FC_MMA(16, 16, 8, precision::tf32, float, float, ".f32.tf32.tf32.f32", FC_AT_8_4_4_8, 8, 4, 4, 8, "f", "r",
       "f", FC_NONE)
FC_MMA(8, 8, 4, double, double, double, ".f64.f64.f64.f64", FC_AT_2_1_1_2, 2, 1, 1, 2, "d", "d", "d", FC_NONE)
#endif
#undef FC_MMA_HALF
#undef FC_NONE
#undef FC_MMA_BODY

// Sums of integers may stop at the ends of their range.
#define FC_MMA_BODY(shape, text, at, nd, na, nb, nc, rd, ra, rc)             \
  if (satf) {                                                                \
    FC_INSTRUCTION(shape, text ".satfinite", at, nd, na, nb, nc, rd, ra, rc) \
  } else {                                                                   \
    FC_INSTRUCTION(shape, text, at, nd, na, nb, nc, rd, ra, rc)              \
  }
#define FC_SATURATES , bool satf = false
#define FC_MMA_INTEGER(type, text)                                                                 \
  FC_MMA(16, 16, 16, type, int, int, text, FC_AT_8_2_2_8, 8, 2, 2, 8, "r", "r", "r", FC_SATURATES) \
  FC_MMA(32, 8, 16, type, int, int, text, FC_AT_8_4_1_8, 8, 4, 1, 8, "r", "r", "r", FC_SATURATES)  \
  FC_MMA(8, 32, 16, type, int, int, text, FC_AT_8_1_4_8, 8, 1, 4, 8, "r", "r", "r", FC_SATURATES)
FC_MMA_INTEGER(signed char, ".s32.s8.s8.s32")
FC_MMA_INTEGER(unsigned char, ".s32.u8.u8.s32")
#undef FC_MMA_INTEGER
#undef FC_SATURATES
#undef FC_MMA_BODY
#undef FC_INSTRUCTION
#undef FC_MMA
#undef FC_MMA_LAYOUT

}  // namespace wmma
}  // namespace nvcuda

#include "fusion_compat/wmma_registers_end.inc"
