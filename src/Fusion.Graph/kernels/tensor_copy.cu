#include <fusion/ptx/convert.cuh>

using namespace fusion;

namespace {

template <class From, class To>
__device__ __forceinline__ void cast(const From* from, To* to, i64 count) {
  const i64 stride = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride)
    to[i] = ptx::round_to<To>(to_float(from[i]));
}

/// `row_bytes` and `pitch` are multiples of the size of T, and so are both addresses.
template <class T>
__device__ __forceinline__ void copy_rows(const char* from, char* to, i64 rows, i64 row_bytes, i64 pitch) {
  const i64 columns = row_bytes / static_cast<i64>(sizeof(T));
  const i64 stride = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < rows * columns; i += stride) {
    const i64 row = i / columns;
    reinterpret_cast<T*>(to)[i] = reinterpret_cast<const T*>(from + row * pitch)[i - row * columns];
  }
}

}  // namespace

// Casts of `count` elements, rounded to nearest even. Grid and block: any, along x.

extern "C" __global__ void cast_bf16_f16(const bf16* from, f16* to, i64 count) { cast(from, to, count); }
extern "C" __global__ void cast_bf16_f32(const bf16* from, float* to, i64 count) { cast(from, to, count); }
extern "C" __global__ void cast_f16_bf16(const f16* from, bf16* to, i64 count) { cast(from, to, count); }
extern "C" __global__ void cast_f16_f32(const f16* from, float* to, i64 count) { cast(from, to, count); }
extern "C" __global__ void cast_f32_bf16(const float* from, bf16* to, i64 count) { cast(from, to, count); }
extern "C" __global__ void cast_f32_f16(const float* from, f16* to, i64 count) { cast(from, to, count); }

// The same bytes of each of `rows` rows, whose starts are `pitch` bytes apart, one after the other.

extern "C" __global__ void copy_rows_1(const char* from, char* to, i64 rows, i64 row_bytes, i64 pitch) {
  copy_rows<char>(from, to, rows, row_bytes, pitch);
}

extern "C" __global__ void copy_rows_16(const char* from, char* to, i64 rows, i64 row_bytes, i64 pitch) {
  copy_rows<uint4>(from, to, rows, row_bytes, pitch);
}
