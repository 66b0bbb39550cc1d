#pragma once

// cudaError_t, cudaStream_t and their like are built into NVRTC. The functions are the host's.
#include "fusion_compat/cuda_version.h"
#include "vector_types.h"
