#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/f16.cuh>

// Products of small matrices by tensor cores, and the loads of their fragments from shared memory.
// Participants: all 32 lanes of a warp, together. With g = lane / 4 and t = lane % 4, the fragments of a
// product 16 x 8 x 16 are:
//   a, 16 rows x 16 k: a[0] row g, a[1] row g + 8, both k 2t and 2t + 1; a[2] and a[3] the same rows, k 2t +
//   8 and 2t + 9 b, 16 k x 8 columns: b[0] k 2t and 2t + 1, b[1] k 2t + 8 and 2t + 9, both of column g c, 16
//   rows x 8 columns: c[0] and c[1] row g, columns 2t and 2t + 1; c[2] and c[3] row g + 8
// Of two elements in a word the first is the lower half.

namespace fusion::ptx {

/// c += a * b, with products of bf16 and sums of f32. The order of the 16 additions is the chip's own.
__device__ __forceinline__ void mma_m16n8k16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, bf16) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, "
      "%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// The same with products of f16.
__device__ __forceinline__ void mma_m16n8k16(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, f16) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
      "%1, %2, "
      "%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Loads four matrices of 8 rows x 8 elements of 2 bytes. Lane i gives the address of row i % 8 of matrix i /
/// 8, in shared memory and aligned to 16 bytes. words[m] gets of matrix m the elements 2t and 2t + 1 of row
/// g. Order: weak.
__device__ __forceinline__ void ldmatrix_x4(u32 (&words)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "l"(__cvta_generic_to_shared(row))
               : "memory");
}

/// The same, but words[m] gets the elements g of rows 2t and 2t + 1: the matrices are transposed.
__device__ __forceinline__ void ldmatrix_x4_trans(u32 (&words)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "l"(__cvta_generic_to_shared(row))
               : "memory");
}

}  // namespace fusion::ptx
