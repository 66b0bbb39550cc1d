#pragma once

#include <fusion/base/vec16.cuh>

// Access to global memory. Each thread acts for itself. The addresses are generic pointers to global memory,
// aligned to 16 bytes. `volatile` keeps an access where it stands among the other instructions of fusion/ptx,
// griddepcontrol_wait above all; it orders nothing for other threads.

namespace fusion::ptx {

/// Reads 16 bytes through the read-only cache. Order: weak. Nothing may write them while the kernel runs.
/// What an earlier kernel of the stream wrote may be read after griddepcontrol_wait, if none of it was read
/// before.
__device__ __forceinline__ Words16 ld_global_nc(const Words16* address) {
  Words16 value;
  asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.w[0]), "=r"(value.w[1]), "=r"(value.w[2]), "=r"(value.w[3])
               : "l"(__cvta_generic_to_global(address)));
  return value;
}

/// The same for what this multiprocessor reads once: it does not stay in the L1 cache, and the 128 bytes
/// around it come to the L2 cache together.
__device__ __forceinline__ Words16 ld_global_nc_once(const Words16* address) {
  Words16 value;
  asm volatile("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.w[0]), "=r"(value.w[1]), "=r"(value.w[2]), "=r"(value.w[3])
               : "l"(__cvta_generic_to_global(address)));
  return value;
}

/// Asks for the 128 bytes around an address, so that they are in the L2 cache when they are read. It waits
/// for nothing and orders nothing.
__device__ __forceinline__ void prefetch_l2(const void* address) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(__cvta_generic_to_global(address)));
}

/// Writes 16 bytes. Order: weak; other threads see them after a barrier with this thread, or in a kernel that
/// starts when this one has ended.
__device__ __forceinline__ void st_global(Words16* address, Words16 value) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};"
               :
               : "l"(__cvta_generic_to_global(address)), "r"(value.w[0]), "r"(value.w[1]), "r"(value.w[2]),
                 "r"(value.w[3])
               : "memory");
}

/// Reads 16 bytes. Order: weak. For memory that this thread itself may write later in the kernel, as an
/// all-reduce in place does; what other threads write meanwhile is seen in no particular order.
__device__ __forceinline__ Words16 ld_global(const Words16* address) {
  Words16 value;
  asm volatile("ld.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.w[0]), "=r"(value.w[1]), "=r"(value.w[2]), "=r"(value.w[3])
               : "l"(__cvta_generic_to_global(address))
               : "memory");
  return value;
}

/// Reads 16 bytes that other GPUs write. Order: relaxed at system scope, each 4 bytes for themselves: a
/// reader may see some words of a write and not yet others.
__device__ __forceinline__ Words16 ld_relaxed_sys(const Words16* address) {
  Words16 value;
  asm volatile("ld.relaxed.sys.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.w[0]), "=r"(value.w[1]), "=r"(value.w[2]), "=r"(value.w[3])
               : "l"(__cvta_generic_to_global(address))
               : "memory");
  return value;
}

/// Writes 16 bytes that other GPUs read; the address may be another GPU's memory. Order: relaxed at system
/// scope, each 4 bytes for themselves.
__device__ __forceinline__ void st_relaxed_sys(Words16* address, Words16 value) {
  asm volatile("st.relaxed.sys.global.v4.u32 [%0], {%1, %2, %3, %4};"
               :
               : "l"(__cvta_generic_to_global(address)), "r"(value.w[0]), "r"(value.w[1]), "r"(value.w[2]),
                 "r"(value.w[3])
               : "memory");
}

/// Reads 4 bytes that another block of this GPU or the host writes. Order: relaxed at system scope.
__device__ __forceinline__ u32 ld_relaxed_sys(const u32* address) {
  u32 value;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];"
               : "=r"(value)
               : "l"(__cvta_generic_to_global(address))
               : "memory");
  return value;
}

/// Writes 4 bytes for the host. Order: release at system scope: whoever reads the value with acquire sees all
/// that this thread wrote before.
__device__ __forceinline__ void st_release_sys(u32* address, u32 value) {
  asm volatile("st.release.sys.global.u32 [%0], %1;"
               :
               : "l"(__cvta_generic_to_global(address)), "r"(value)
               : "memory");
}

/// ld_global_nc for the 16 bytes of elements that start at `elements`.
template <class T>
__device__ __forceinline__ Vec16<T> ld_global_nc_vec16(const T* elements) {
  Vec16<T> value;
  value.words = ld_global_nc(reinterpret_cast<const Words16*>(elements));
  return value;
}

/// st_global for the 16 bytes of elements that start at `elements`.
template <class T>
__device__ __forceinline__ void st_global_vec16(T* elements, const Vec16<T>& value) {
  st_global(reinterpret_cast<Words16*>(elements), value.words);
}

}  // namespace fusion::ptx
