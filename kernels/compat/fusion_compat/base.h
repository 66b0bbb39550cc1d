#pragma once

// Words that all headers of this folder use. NVRTC has size_t, dim3, the vector types, mathematics, printf,
// memcpy, malloc, assert and textures built in, so most of the headers add no more than types and names in
// namespace std.

#define FUSION_COMPAT_DEVICE __device__ __forceinline__
#define FUSION_COMPAT_BOTH __host__ __device__ __forceinline__

#if __cplusplus >= 201402L
#define FUSION_COMPAT_CONSTEXPR constexpr
#else
#define FUSION_COMPAT_CONSTEXPR
#endif

// Code for chips that lack an instruction does the same by others.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define FUSION_COMPAT_HAS_SM80 1
#else
#define FUSION_COMPAT_HAS_SM80 0
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define FUSION_COMPAT_HAS_SM90 1
#else
#define FUSION_COMPAT_HAS_SM90 0
#endif
