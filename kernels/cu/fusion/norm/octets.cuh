#pragma once

#include <fusion/base/octet.cuh>
#include <fusion/ptx/convert.cuh>
#include <fusion/ptx/memory.cuh>

// Eight elements of a row as numbers and in memory. Each thread acts for itself; addresses are aligned to 16
// bytes.

namespace fusion {

/// Reads an octet that nobody writes while the kernel runs.
template <class T>
__device__ __forceinline__ Octet<T> load_octet_nc(const T* elements) {
  Octet<T> octet;
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++)
    octet.part[i] = ptx::ld_global_nc(reinterpret_cast<const Words16*>(elements) + i);
  return octet;
}

/// Reads an octet that this thread may overwrite later. Order: weak.
template <class T>
__device__ __forceinline__ Octet<T> load_octet(const T* elements) {
  Octet<T> octet;
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++)
    octet.part[i] = ptx::ld_global(reinterpret_cast<const Words16*>(elements) + i);
  return octet;
}

/// Writes an octet. Order: weak.
template <class T>
__device__ __forceinline__ void store_octet(T* elements, const Octet<T>& octet) {
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++)
    ptx::st_global(reinterpret_cast<Words16*>(elements) + i, octet.part[i]);
}

/// The eight numbers, exactly.
__device__ __forceinline__ void widen(const Octet<bf16>& octet, float (&values)[8]) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    values[2 * i] = __uint_as_float(octet.part[0].w[i] << 16);
    values[2 * i + 1] = __uint_as_float(octet.part[0].w[i] & 0xFFFF0000u);
  }
}

__device__ __forceinline__ void widen(const Octet<f16>& octet, float (&values)[8]) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    values[2 * i] = to_float(f16{static_cast<u16>(octet.part[0].w[i])});
    values[2 * i + 1] = to_float(f16{static_cast<u16>(octet.part[0].w[i] >> 16)});
  }
}

__device__ __forceinline__ void widen(const Octet<float>& octet, float (&values)[8]) {
#pragma unroll
  for (int i = 0; i < 8; i++) values[i] = __uint_as_float(octet.part[i / 4].w[i % 4]);
}

/// round_T of eight numbers.
template <class T>
__device__ __forceinline__ Octet<T> round_octet(const float (&values)[8]);

template <>
__device__ __forceinline__ Octet<bf16> round_octet<bf16>(const float (&values)[8]) {
  Octet<bf16> octet;
#pragma unroll
  for (int i = 0; i < 4; i++) octet.part[0].w[i] = ptx::cvt_rn_bf16x2(values[2 * i], values[2 * i + 1]);
  return octet;
}

template <>
__device__ __forceinline__ Octet<f16> round_octet<f16>(const float (&values)[8]) {
  Octet<f16> octet;
#pragma unroll
  for (int i = 0; i < 4; i++) octet.part[0].w[i] = ptx::cvt_rn_f16x2(values[2 * i], values[2 * i + 1]);
  return octet;
}

template <>
__device__ __forceinline__ Octet<float> round_octet<float>(const float (&values)[8]) {
  Octet<float> octet;
#pragma unroll
  for (int i = 0; i < 8; i++) octet.part[i / 4].w[i % 4] = __float_as_uint(values[i]);
  return octet;
}

}  // namespace fusion
