// What NVRTC declares by itself, for clangd alone: no kernel is compiled with it. Given by -include in
// compile_commands.json.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __managed__ __attribute__((managed))
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __cluster_dims__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))
#define __restrict __restrict__

#define FUSION_VECTORS(T, name)               \
  struct name##1 {                            \
    T x;                                      \
  };                                          \
  struct name##2 {                            \
    T x, y;                                   \
  };                                          \
  struct name##3 {                            \
    T x, y, z;                                \
  };                                          \
  struct name##4 {                            \
    T x, y, z, w;                             \
  };                                          \
  __device__ name##1 make_##name##1(T);       \
  __device__ name##2 make_##name##2(T, T);    \
  __device__ name##3 make_##name##3(T, T, T); \
  __device__ name##4 make_##name##4(T, T, T, T);

FUSION_VECTORS(signed char, char)
FUSION_VECTORS(unsigned char, uchar)
FUSION_VECTORS(short, short)
FUSION_VECTORS(unsigned short, ushort)
FUSION_VECTORS(int, int)
FUSION_VECTORS(unsigned int, uint)
FUSION_VECTORS(long, long)
FUSION_VECTORS(unsigned long, ulong)
FUSION_VECTORS(long long, longlong)
FUSION_VECTORS(unsigned long long, ulonglong)
FUSION_VECTORS(float, float)
FUSION_VECTORS(double, double)
#undef FUSION_VECTORS

struct dim3 {
  unsigned int x, y, z;
  __host__ __device__ constexpr dim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1)
      : x(x), y(y), z(z) {}
};

typedef __SIZE_TYPE__ size_t;
typedef struct CUstream_st* cudaStream_t;

// clang's own headers for device code: threadIdx, __syncthreads, mathematics, shuffles. They ask which CUDA
// it is.
#ifndef CUDA_VERSION
#define CUDA_VERSION 12000
#endif
#include <__clang_cuda_builtin_vars.h>
#include <__clang_cuda_libdevice_declares.h>
#include <__clang_cuda_device_functions.h>
#include <__clang_cuda_math.h>
#include <__clang_cuda_intrinsics.h>

__device__ int printf(const char*, ...);
__device__ void __nanosleep(unsigned int);
__device__ long long clock64();

#define FUSION_ATOMIC(name)         \
  template <class T>                \
  __device__ T name(T*, T);         \
  template <class T>                \
  __device__ T name##_block(T*, T); \
  template <class T>                \
  __device__ T name##_system(T*, T);

FUSION_ATOMIC(atomicAdd)
FUSION_ATOMIC(atomicSub)
FUSION_ATOMIC(atomicExch)
FUSION_ATOMIC(atomicMin)
FUSION_ATOMIC(atomicMax)
FUSION_ATOMIC(atomicInc)
FUSION_ATOMIC(atomicDec)
FUSION_ATOMIC(atomicAnd)
FUSION_ATOMIC(atomicOr)
FUSION_ATOMIC(atomicXor)
#undef FUSION_ATOMIC
template <class T>
__device__ T atomicCAS(T*, T, T);
template <class T>
__device__ T atomicCAS_block(T*, T, T);
template <class T>
__device__ T atomicCAS_system(T*, T, T);
