#include <fusion/norm/octets.cuh>
#include <fusion/ptx/grid.cuh>
#include <fusion/quant/quantize.cuh>

#include "silu.cuh"

using namespace fusion;

// silu(gate) * up, of which each is rounded once to the model's type, and the same with the codes of static
// FP8 of that.

namespace {

template <class T>
__device__ __forceinline__ Octet<T> gated(const T* gate, const T* up) {
  float g[8], u[8];
  widen(load_octet(gate), g);
  widen(load_octet(up), u);
#pragma unroll
  for (int i = 0; i < 8; i++) g[i] = llama::silu_times(g[i], u[i]);
  return round_octet<T>(g);
}

template <class T>
__device__ __forceinline__ void swiglu(const T* gate, const T* up, T* y, i64 pitch, i64 rows, int columns) {
  ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();
  const int octets = columns / kRowVector;
  const i64 stride = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < rows * octets; i += stride) {
    const i64 from = i / octets * pitch + i % octets * kRowVector;
    store_octet(y + i * kRowVector, gated(gate + from, up + from));
  }
}

template <class T>
__device__ __forceinline__ void swiglu_fp8(const T* gate, const T* up, const float* scale, e4m3* y, i64 pitch,
                                           i64 rows, int columns) {
  ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();
  const int octets = columns / kRowVector;
  const i64 stride = static_cast<i64>(gridDim.x) * blockDim.x;
  const float factor = __fdiv_rn(1.0f, *scale);  // as static FP8 has it: the codes of x * (1 / scale)
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < rows * octets; i += stride) {
    const i64 row = i / octets;
    const int octet = static_cast<int>(i - row * octets);
    const i64 from = row * pitch + octet * kRowVector;
    float values[8];
    widen(gated(gate + from, up + from), values);
    store_e4m3_scaled(quant_row(y + row * columns, nullptr, 0, octets), octet, values, factor);
  }
}

}  // namespace

// gate and up: [rows, columns], whose rows start `pitch` elements apart; y: [rows, columns] without gaps.
// columns: a multiple of 8. Addresses and pitches are multiples of 16 bytes, codes of 8. Grid and block: any,
// along x.
#define LLAMA_SWIGLU(name, T)                                                                               \
  extern "C" __global__ void name(const T* gate, const T* up, T* y, i64 pitch, i64 rows, int columns) {     \
    swiglu<T>(gate, up, y, pitch, rows, columns);                                                           \
  }                                                                                                         \
  extern "C" __global__ void name##_fp8(const T* gate, const T* up, const float* scale, e4m3* y, i64 pitch, \
                                        i64 rows, int columns) {                                            \
    swiglu_fp8<T>(gate, up, scale, y, pitch, rows, columns);                                                \
  }

LLAMA_SWIGLU(swiglu_bf16, bf16)
LLAMA_SWIGLU(swiglu_f16, f16)
