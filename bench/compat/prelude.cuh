// What every comparison begins with: inputs made of a number, and results as bits. Compiled once with CUDA's
// headers and once with ours.

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <mma.h>
#if __CUDACC_VER_MAJOR__ * 100 + __CUDACC_VER_MINOR__ >= 1208
#include <cuda_fp4.h>
#endif

namespace cg = cooperative_groups;
using namespace nvcuda;
typedef unsigned long long u64;

__device__ inline u64 mixed(u64 x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ x >> 27) * 0x94d049bb133111ebull;
  return x ^ x >> 31;
}

// Of a quarter of the inputs each: any bits, bits near those of a bfloat16, near those of a half, and numbers
// around 1.
__device__ inline float float_of_word(u64 w) {
  unsigned r = static_cast<unsigned>(w), edge = r >> 4 & 7;
  unsigned near = edge == 0   ? 0
                  : edge == 1 ? 1
                  : edge == 2 ? 0x7fff
                  : edge == 3 ? 0x8000
                  : edge == 4 ? 0x8001
                  : edge == 5 ? 0xffff
                              : r >> 16;
  unsigned high = static_cast<unsigned>(w >> 32);
  switch (r & 3) {
    case 0:
      return __uint_as_float(high);
    case 1:
      return __uint_as_float((high & 0xffff0000) | (near & 0xffff));
    case 2: {
      // A half's value moved to float, with the bits behind its last one, or behind that of 3 or 2 bits of
      // mantissa.
      unsigned exponent = 127 - 26 + (high & 63) % 44, keep = high >> 6 & 3;
      unsigned kept = keep == 0 ? 13 : keep == 1 ? 20 : keep == 2 ? 21 : 22;
      unsigned mantissa = (high >> 8 & 0x7fffff) >> kept << kept;
      unsigned rest = edge == 0   ? 0
                      : edge == 1 ? 1
                      : edge < 4  ? 1u << (kept - 1)
                      : edge == 4 ? (1u << (kept - 1)) + 1
                                  : (1u << (kept - 1)) - 1;
      return __uint_as_float(high & 0x80000000 | exponent << 23 | mantissa | rest);
    }
    default:
      return __uint_as_float((high & 0x807fffff) | (127 - 20 + (r >> 8) % 40) << 23);
  }
}
__device__ inline double double_of_word(u64 w) {
  double near = float_of_word(w);
  u64 tail = mixed(w) & 0x1fffffff;
  u64 bits = static_cast<u64>(__double_as_longlong(near));
  return w >> 7 & 1 ? near : __longlong_as_double(static_cast<long long>(bits | (w >> 8 & 1 ? tail : 1)));
}

template <class T, class Raw>
__device__ T number(u64 w) {
  Raw raw;
  raw.x = static_cast<unsigned short>(w);
  return T(raw);
}
template <class T2, class Raw2>
__device__ T2 pair(u64 w) {
  Raw2 raw;
  raw.x = static_cast<unsigned short>(w);
  raw.y = static_cast<unsigned short>(w >> 16);
  return T2(raw);
}
// Integers of all magnitudes.
__device__ inline u64 integer(u64 w) { return static_cast<u64>(static_cast<long long>(w) >> (w >> 3 & 63)); }

#define WORD(k) (k == 0 ? word : mixed(word + k))
#define H(k) number<__half, __half_raw>(WORD(k))
#define H2(k) pair<__half2, __half2_raw>(WORD(k))
#define B(k) number<__nv_bfloat16, __nv_bfloat16_raw>(WORD(k))
#define B2(k) pair<__nv_bfloat162, __nv_bfloat162_raw>(WORD(k))
#define F(k) float_of_word(WORD(k))
#define D(k) double_of_word(WORD(k))
#define I(k) static_cast<int>(static_cast<int>(WORD(k) >> 8) >> (WORD(k) & 31))
#define U(k) static_cast<unsigned>(static_cast<unsigned>(WORD(k) >> 8) >> (WORD(k) & 31))
#define L(k) static_cast<long long>(integer(WORD(k)))
#define UL(k) (WORD(k) >> (mixed(WORD(k)) & 63))
#define S(k) static_cast<short>(WORD(k))
#define US(k) static_cast<unsigned short>(WORD(k))

__device__ inline u64 bits(bool v) { return v; }
__device__ inline u64 bits(char v) { return static_cast<unsigned char>(v); }
__device__ inline u64 bits(signed char v) { return static_cast<unsigned char>(v); }
__device__ inline u64 bits(unsigned char v) { return v; }
__device__ inline u64 bits(short v) { return static_cast<unsigned short>(v); }
__device__ inline u64 bits(unsigned short v) { return v; }
__device__ inline u64 bits(int v) { return static_cast<unsigned>(v); }
__device__ inline u64 bits(unsigned v) { return v; }
__device__ inline u64 bits(long v) { return static_cast<u64>(v); }
__device__ inline u64 bits(unsigned long v) { return v; }
__device__ inline u64 bits(long long v) { return static_cast<u64>(v); }
__device__ inline u64 bits(u64 v) { return v; }
__device__ inline u64 bits(float v) { return __float_as_uint(v); }
__device__ inline u64 bits(double v) { return static_cast<u64>(__double_as_longlong(v)); }
__device__ inline u64 bits(float2 v) { return bits(v.x) << 32 | bits(v.y); }
__device__ inline u64 bits(__half_raw v) { return v.x; }
__device__ inline u64 bits(__half v) { return static_cast<__half_raw>(v).x; }
__device__ inline u64 bits(__half2_raw v) { return static_cast<u64>(v.x) << 16 | v.y; }
__device__ inline u64 bits(__half2 v) { return bits(static_cast<__half2_raw>(v)); }
__device__ inline u64 bits(__nv_bfloat16_raw v) { return v.x; }
__device__ inline u64 bits(__nv_bfloat16 v) { return static_cast<__nv_bfloat16_raw>(v).x; }
__device__ inline u64 bits(__nv_bfloat162_raw v) { return static_cast<u64>(v.x) << 16 | v.y; }
__device__ inline u64 bits(__nv_bfloat162 v) { return bits(static_cast<__nv_bfloat162_raw>(v)); }

template <class T>
__device__ T fp8(unsigned code) {
  T value;
  value.__x = static_cast<unsigned char>(code);
  return value;
}
template <class T>
__device__ T fp8x2(unsigned code) {
  T value;
  value.__x = static_cast<unsigned short>(code);
  return value;
}

// Memory of the thread, for loads, stores and atomics.
__device__ char* memory;
template <class T>
__device__ T* place(T value) {
  T* mine = reinterpret_cast<T*>(memory + 16ull * (blockIdx.x * blockDim.x + threadIdx.x));
  *mine = value;
  __threadfence();
  return mine;
}

// A product of a warp, of small numbers; the result is the sum of all of a thread's elements' bits, mixed
// with their place.
template <class T>
struct element_of {
  typedef T type;
};
template <>
struct element_of<wmma::precision::tf32> {
  typedef float type;
};
template <class A, class B>
struct same {
  enum { value = 0 };
};
template <class A>
struct same<A, A> {
  enum { value = 1 };
};
template <class Layout>
__device__ int stride(int columns, int rows) {
  int elements = same<Layout, wmma::row_major>::value ? columns : rows;
  return elements < 16 ? 16 : elements;
}
template <int M, int N, int K, class A, class C, class La, class Lb>
__device__ u64 multiply(u64 word) {
  typedef typename element_of<A>::type E;
  __shared__ __align__(128) E a[4][512];
  __shared__ __align__(128) E b[4][512];
  __shared__ __align__(128) C c[4][256];
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int i = lane; i < 512; i += 32) {
    a[warp][i] = E(float(static_cast<int>(mixed(word + i) % 61)));
    b[warp][i] = E(float(static_cast<int>(mixed(word + i + 1000) % 61)));
  }
  for (int i = lane; i < 256; i += 32) c[warp][i] = C(float(static_cast<int>(mixed(word + i + 2000) % 61)));
  __syncwarp();
  wmma::fragment<wmma::matrix_a, M, N, K, A, La> fa;
  wmma::fragment<wmma::matrix_b, M, N, K, A, Lb> fb;
  wmma::fragment<wmma::accumulator, M, N, K, C> fc;
  wmma::load_matrix_sync(fa, a[warp], stride<La>(K, M));
  wmma::load_matrix_sync(fb, b[warp], stride<Lb>(N, K));
  wmma::load_matrix_sync(fc, c[warp], N, wmma::mem_row_major);
  wmma::mma_sync(fc, fa, fb, fc);
  wmma::store_matrix_sync(c[warp], fc, M, wmma::mem_col_major);
  __syncwarp();
  u64 sum = 0;
  for (int i = lane; i < M * N; i += 32) sum += mixed(bits(c[warp][i]) + i);
  return sum;
}
