#pragma once

// __nv_bfloat16 and __nv_bfloat162 with the functions of CUDA's header of this name.

#define __CUDA_BF16_H__
#define __CUDA_BF16_HPP__
#define __CUDA_BF16_TYPES_EXIST__

#include "vector_types.h"
#include "fusion_compat/bfloat16_arithmetic.h"
#include "fusion_compat/bfloat16_math.h"

typedef __nv_bfloat16 nv_bfloat16;
typedef __nv_bfloat162 nv_bfloat162;
