#pragma once

#include "../cuda_bf16.h"
#include "../cuda_fp16.h"

namespace nvcuda {
namespace wmma {

struct row_major;
struct col_major;
struct matrix_a;
struct matrix_b;
struct accumulator;
enum layout_t { mem_row_major, mem_col_major };

namespace precision {
struct tf32;
struct u4;
struct s4;
struct b1;
}  // namespace precision

/// A warp's part of a matrix in the registers of each thread; which element lies where is the chip's own
/// affair. x: the thread's elements. num_elements: how many they are.
template <typename Use, int m, int n, int k, typename T, typename Layout = void>
class fragment;

}  // namespace wmma
}  // namespace nvcuda

namespace fusion_compat {

/// Elements of a fragment over the registers that instructions take.
/// T: type of an element. Register: of a register. N: number of registers.
template <class T, class Register, int N>
struct __attribute__((aligned(8))) fragment_elements {
  enum { num_elements = N * sizeof(Register) / sizeof(T), num_storage_elements = num_elements };
  typedef T element_type;
  typedef T storage_element_type;
  T x[N * sizeof(Register) / sizeof(T)];
  FUSION_COMPAT_DEVICE Register* registers() { return reinterpret_cast<Register*>(x); }
  FUSION_COMPAT_DEVICE const Register* registers() const { return reinterpret_cast<const Register*>(x); }
};

}  // namespace fusion_compat

namespace nvcuda {
namespace wmma {

#define FC_FRAGMENT(use, m, n, k, type, element, word, count)             \
  template <>                                                             \
  class fragment<use, m, n, k, type, row_major>                           \
      : public fusion_compat::fragment_elements<element, word, count> {}; \
  template <>                                                             \
  class fragment<use, m, n, k, type, col_major>                           \
      : public fusion_compat::fragment_elements<element, word, count> {};
#define FC_SUM(m, n, k, type, word, count)                                                                  \
  template <>                                                                                               \
  class fragment<accumulator, m, n, k, type> : public fusion_compat::fragment_elements<type, word, count> { \
  };
#define FC_SHAPE(m, n, k, type, a, b)                     \
  FC_FRAGMENT(matrix_a, m, n, k, type, type, unsigned, a) \
  FC_FRAGMENT(matrix_b, m, n, k, type, type, unsigned, b)

FC_SHAPE(16, 16, 16, __half, 8, 8)
FC_SHAPE(32, 8, 16, __half, 8, 8)
FC_SHAPE(8, 32, 16, __half, 8, 8)
FC_SHAPE(16, 16, 16, __nv_bfloat16, 4, 4)
FC_SHAPE(32, 8, 16, __nv_bfloat16, 8, 2)
FC_SHAPE(8, 32, 16, __nv_bfloat16, 2, 8)
FC_SHAPE(16, 16, 16, signed char, 2, 2)
FC_SHAPE(32, 8, 16, signed char, 4, 1)
FC_SHAPE(8, 32, 16, signed char, 1, 4)
FC_SHAPE(16, 16, 16, unsigned char, 2, 2)
FC_SHAPE(32, 8, 16, unsigned char, 4, 1)
FC_SHAPE(8, 32, 16, unsigned char, 1, 4)
FC_FRAGMENT(matrix_a, 16, 16, 8, precision::tf32, float, unsigned, 4)
FC_FRAGMENT(matrix_b, 16, 16, 8, precision::tf32, float, unsigned, 4)
FC_FRAGMENT(matrix_a, 8, 8, 4, double, double, double, 1)
FC_FRAGMENT(matrix_b, 8, 8, 4, double, double, double, 1)
FC_SUM(16, 16, 16, float, float, 8)
FC_SUM(32, 8, 16, float, float, 8)
FC_SUM(8, 32, 16, float, float, 8)
FC_SUM(16, 16, 8, float, float, 8)
FC_SUM(16, 16, 16, __half, unsigned, 4)
FC_SUM(32, 8, 16, __half, unsigned, 4)
FC_SUM(8, 32, 16, __half, unsigned, 4)
FC_SUM(16, 16, 16, int, int, 8)
FC_SUM(32, 8, 16, int, int, 8)
FC_SUM(8, 32, 16, int, int, 8)
FC_SUM(8, 8, 4, double, double, 2)
#undef FC_SHAPE
#undef FC_SUM
#undef FC_FRAGMENT

}  // namespace wmma
}  // namespace nvcuda
