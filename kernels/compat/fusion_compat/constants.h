#pragma once

// Infinities and NaNs as constants, which intrinsics of the GPU are not: they may initialize variables of a
// module.

#pragma nv_diag_suppress 39
namespace fusion_compat {
__host__ __device__ constexpr float infinity() { return 1.0f / 0.0f; }
__host__ __device__ constexpr double infinity_of_double() { return 1.0 / 0.0; }
__host__ __device__ constexpr float not_a_number() { return -(0.0f / 0.0f); }
__host__ __device__ constexpr double not_a_number_of_double() { return -(0.0 / 0.0); }
}  // namespace fusion_compat
#pragma nv_diag_default 39
