#pragma once

// The vector types, mathematics, textures and intrinsics are built into NVRTC; this header adds what nvcc has
// besides: C's headers and programmatic dependent launch.
#include "cuda_runtime_api.h"
#include "limits.h"
#include "math.h"
#include "sm_61_intrinsics.h"
#include "stddef.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"
#include "vector_functions.h"

/// Waits until the kernels that this one was launched behind have ended and their writes are visible. Before
/// sm_90 nothing overlaps.
__device__ inline void cudaGridDependencySynchronize() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Lets the next kernel start, once every block called it or ended.
__device__ inline void cudaTriggerProgrammaticLaunchCompletion() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}
