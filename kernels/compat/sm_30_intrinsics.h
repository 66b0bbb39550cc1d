#pragma once

// What CUDA's header of this name declares for the GPU is built into NVRTC.
#include "vector_types.h"
