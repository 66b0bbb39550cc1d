#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/e4m3.cuh>
#include <fusion/base/f16.cuh>

// Products of matrices by four warps together, whose operands lie in shared memory: sm_90a alone
// (FUSION_HAS_WARPGROUPS), since no other chip has these instructions; elsewhere there is none of them.
// Participants: all threads of a warpgroup, four warps of which the first has a number that is a multiple of
// four.

namespace fusion::ptx {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define FUSION_HAS_WARPGROUPS 1
#else
#define FUSION_HAS_WARPGROUPS 0
#endif

#if FUSION_HAS_WARPGROUPS

/// Describes a matrix in shared memory whose rows are lines of 128 bytes, one behind the other, permuted as a
/// tensor map of TensorMapSwizzle.Bytes128 leaves them. `address` is a multiple of 1024. The product of the
/// next 32 bytes of all rows is that of the description plus kNextMatrix, up to the end of the line.
__device__ __forceinline__ u64 shared_matrix(const void* address) {
  constexpr u64 kUnit = 16;
  constexpr u64 kBytesOfEightLines = 1024;
  constexpr u64 kPermutedIn128Bytes = 1;
  return (static_cast<u32>(__cvta_generic_to_shared(address)) / kUnit) | (1ull << 16) |
         (kBytesOfEightLines / kUnit << 32) | (kPermutedIn128Bytes << 62);
}

constexpr u64 kNextMatrix = 2;

/// Lets the products that follow use registers and what copies have brought to shared memory.
__device__ __forceinline__ void warpgroup_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

/// Ends a group of products that are waited for together.
__device__ __forceinline__ void warpgroup_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Waits until at most `Groups` groups of products are on their way. What they made is in the registers then,
/// and their operands may be overwritten.
template <int Groups>
__device__ __forceinline__ void warpgroup_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Groups) : "memory");
}

/// Keeps the compiler from reading what products make before the wait above it.
template <int Count>
__device__ __forceinline__ void after_warpgroup_wait(float (&c)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; i++) asm volatile("" : "+f"(c[i])::"memory");
}

// Products of 64 rows of a and 2 * Count rows of b, each 32 bytes deep, with sums of f32. Lane l of the
// group's warp w has in c[i] the sum for row 16 w + l / 4 + 8 (i / 2 % 2) of a and row 8 (i / 4) + 2 (l % 4)
// + i % 2 of b. They begin and do not wait: `adds` is 0 for c = a * b, otherwise c += a * b. Of e4m3 a
// product is added with fewer bits than f32 has: few of them in a row are exact enough.

#define FUSION_WARPGROUP_MULTIPLY(T, shape_and_types, immediates)                                           \
  __device__ __forceinline__ void warpgroup_multiply(float(&c)[24], u64 a, u64 b, int adds, T) {            \
    asm volatile(                                                                                           \
        "{\n"                                                                                               \
        ".reg .pred adds;\n"                                                                                \
        "setp.ne.b32 adds, %26, 0;\n"                                                                       \
        "wgmma.mma_async.sync.aligned." shape_and_types                                                     \
        " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, " \
        "%21, %22, %23}, %24, %25, adds, " immediates                                                       \
        ";\n"                                                                                               \
        "}"                                                                                                 \
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]), "+f"(c[4]), "+f"(c[5]), "+f"(c[6]), "+f"(c[7]),   \
          "+f"(c[8]), "+f"(c[9]), "+f"(c[10]), "+f"(c[11]), "+f"(c[12]), "+f"(c[13]), "+f"(c[14]),          \
          "+f"(c[15]), "+f"(c[16]), "+f"(c[17]), "+f"(c[18]), "+f"(c[19]), "+f"(c[20]), "+f"(c[21]),        \
          "+f"(c[22]), "+f"(c[23])                                                                          \
        : "l"(a), "l"(b), "r"(adds));                                                                       \
  }
FUSION_WARPGROUP_MULTIPLY(e4m3, "m64n48k32.f32.e4m3.e4m3", "1, 1")
FUSION_WARPGROUP_MULTIPLY(bf16, "m64n48k16.f32.bf16.bf16", "1, 1, 0, 0")
FUSION_WARPGROUP_MULTIPLY(f16, "m64n48k16.f32.f16.f16", "1, 1, 0, 0")
#undef FUSION_WARPGROUP_MULTIPLY

#define FUSION_WARPGROUP_MULTIPLY(T, shape_and_types, immediates)                                           \
  __device__ __forceinline__ void warpgroup_multiply(float(&c)[32], u64 a, u64 b, int adds, T) {            \
    asm volatile(                                                                                           \
        "{\n"                                                                                               \
        ".reg .pred adds;\n"                                                                                \
        "setp.ne.b32 adds, %34, 0;\n"                                                                       \
        "wgmma.mma_async.sync.aligned." shape_and_types                                                     \
        " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, " \
        "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, adds, " immediates               \
        ";\n"                                                                                               \
        "}"                                                                                                 \
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]), "+f"(c[4]), "+f"(c[5]), "+f"(c[6]), "+f"(c[7]),   \
          "+f"(c[8]), "+f"(c[9]), "+f"(c[10]), "+f"(c[11]), "+f"(c[12]), "+f"(c[13]), "+f"(c[14]),          \
          "+f"(c[15]), "+f"(c[16]), "+f"(c[17]), "+f"(c[18]), "+f"(c[19]), "+f"(c[20]), "+f"(c[21]),        \
          "+f"(c[22]), "+f"(c[23]), "+f"(c[24]), "+f"(c[25]), "+f"(c[26]), "+f"(c[27]), "+f"(c[28]),        \
          "+f"(c[29]), "+f"(c[30]), "+f"(c[31])                                                             \
        : "l"(a), "l"(b), "r"(adds));                                                                       \
  }
FUSION_WARPGROUP_MULTIPLY(e4m3, "m64n64k32.f32.e4m3.e4m3", "1, 1")
FUSION_WARPGROUP_MULTIPLY(bf16, "m64n64k16.f32.bf16.bf16", "1, 1, 0, 0")
FUSION_WARPGROUP_MULTIPLY(f16, "m64n64k16.f32.f16.f16", "1, 1, 0, 0")
#undef FUSION_WARPGROUP_MULTIPLY

#define FUSION_WARPGROUP_MULTIPLY(T, shape_and_types, immediates)                                           \
  __device__ __forceinline__ void warpgroup_multiply(float(&c)[40], u64 a, u64 b, int adds, T) {            \
    asm volatile(                                                                                           \
        "{\n"                                                                                               \
        ".reg .pred adds;\n"                                                                                \
        "setp.ne.b32 adds, %42, 0;\n"                                                                       \
        "wgmma.mma_async.sync.aligned." shape_and_types                                                     \
        " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, " \
        "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39}, "  \
        "%40, %41, adds, " immediates                                                                       \
        ";\n"                                                                                               \
        "}"                                                                                                 \
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]), "+f"(c[4]), "+f"(c[5]), "+f"(c[6]), "+f"(c[7]),   \
          "+f"(c[8]), "+f"(c[9]), "+f"(c[10]), "+f"(c[11]), "+f"(c[12]), "+f"(c[13]), "+f"(c[14]),          \
          "+f"(c[15]), "+f"(c[16]), "+f"(c[17]), "+f"(c[18]), "+f"(c[19]), "+f"(c[20]), "+f"(c[21]),        \
          "+f"(c[22]), "+f"(c[23]), "+f"(c[24]), "+f"(c[25]), "+f"(c[26]), "+f"(c[27]), "+f"(c[28]),        \
          "+f"(c[29]), "+f"(c[30]), "+f"(c[31]), "+f"(c[32]), "+f"(c[33]), "+f"(c[34]), "+f"(c[35]),        \
          "+f"(c[36]), "+f"(c[37]), "+f"(c[38]), "+f"(c[39])                                                \
        : "l"(a), "l"(b), "r"(adds));                                                                       \
  }
FUSION_WARPGROUP_MULTIPLY(e4m3, "m64n80k32.f32.e4m3.e4m3", "1, 1")
FUSION_WARPGROUP_MULTIPLY(bf16, "m64n80k16.f32.bf16.bf16", "1, 1, 0, 0")
FUSION_WARPGROUP_MULTIPLY(f16, "m64n80k16.f32.f16.f16", "1, 1, 0, 0")
#undef FUSION_WARPGROUP_MULTIPLY

#define FUSION_WARPGROUP_MULTIPLY(T, shape_and_types, immediates)                                           \
  __device__ __forceinline__ void warpgroup_multiply(float(&c)[56], u64 a, u64 b, int adds, T) {            \
    asm volatile(                                                                                           \
        "{\n"                                                                                               \
        ".reg .pred adds;\n"                                                                                \
        "setp.ne.b32 adds, %58, 0;\n"                                                                       \
        "wgmma.mma_async.sync.aligned." shape_and_types                                                     \
        " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, " \
        "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, "   \
        "%40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55}, %56, %57, "       \
        "adds, " immediates                                                                                 \
        ";\n"                                                                                               \
        "}"                                                                                                 \
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]), "+f"(c[4]), "+f"(c[5]), "+f"(c[6]), "+f"(c[7]),   \
          "+f"(c[8]), "+f"(c[9]), "+f"(c[10]), "+f"(c[11]), "+f"(c[12]), "+f"(c[13]), "+f"(c[14]),          \
          "+f"(c[15]), "+f"(c[16]), "+f"(c[17]), "+f"(c[18]), "+f"(c[19]), "+f"(c[20]), "+f"(c[21]),        \
          "+f"(c[22]), "+f"(c[23]), "+f"(c[24]), "+f"(c[25]), "+f"(c[26]), "+f"(c[27]), "+f"(c[28]),        \
          "+f"(c[29]), "+f"(c[30]), "+f"(c[31]), "+f"(c[32]), "+f"(c[33]), "+f"(c[34]), "+f"(c[35]),        \
          "+f"(c[36]), "+f"(c[37]), "+f"(c[38]), "+f"(c[39]), "+f"(c[40]), "+f"(c[41]), "+f"(c[42]),        \
          "+f"(c[43]), "+f"(c[44]), "+f"(c[45]), "+f"(c[46]), "+f"(c[47]), "+f"(c[48]), "+f"(c[49]),        \
          "+f"(c[50]), "+f"(c[51]), "+f"(c[52]), "+f"(c[53]), "+f"(c[54]), "+f"(c[55])                      \
        : "l"(a), "l"(b), "r"(adds));                                                                       \
  }
FUSION_WARPGROUP_MULTIPLY(e4m3, "m64n112k32.f32.e4m3.e4m3", "1, 1")
FUSION_WARPGROUP_MULTIPLY(bf16, "m64n112k16.f32.bf16.bf16", "1, 1, 0, 0")
FUSION_WARPGROUP_MULTIPLY(f16, "m64n112k16.f32.f16.f16", "1, 1, 0, 0")
#undef FUSION_WARPGROUP_MULTIPLY

#endif  // FUSION_HAS_WARPGROUPS

}  // namespace fusion::ptx
