#pragma once

// Types of the driver that a kernel may take. Its functions are the host's.

#include "vector_types.h"
#include "fusion_compat/cuda_version.h"

typedef unsigned long long CUdeviceptr;
typedef int CUdevice;
typedef struct CUctx_st* CUcontext;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUstream_st* CUstream;
typedef struct CUevent_st* CUevent;
typedef unsigned long long CUtexObject;
typedef unsigned long long CUsurfObject;
typedef unsigned int cuuint32_t;
typedef unsigned long long cuuint64_t;
enum CUresult { CUDA_SUCCESS = 0 };

/// A tensor map, which the host makes (cuTensorMapEncodeTiled) and a kernel takes as __grid_constant__.
typedef struct CUtensorMap_st {
  alignas(64) cuuint64_t opaque[16];
} CUtensorMap;
