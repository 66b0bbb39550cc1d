#include <fusion/norm/rms_norm.cuh>
#include <fusion/ptx/memory.cuh>

using namespace fusion;

// RMSNorm of each row: output = input / sqrt(mean(input^2) + epsilon) * gamma.
//
// One block a row (gridDim.x rows), blockDim.x a multiple of 32. A row has `hidden` elements, a multiple of 8
// up to 32768; every row starts at a multiple of 16 bytes. Output and input must not overlap.
__global__ void rms_norm(bf16* output, const bf16* input, const bf16* gamma, int hidden, float epsilon) {
  __shared__ RowScratch scratch;
  const int vectors = hidden / kRowVector;
  const i64 row = static_cast<i64>(blockIdx.x) * hidden;
  const auto load = [&](int v) { return ptx::ld_global_nc_vec16(input + row + v * kRowVector); };

  const float squares = row_sum(vectors, scratch, [&](int v) { return sum_of_squares(load(v)); });
  const float rstd = rms_norm_rstd(squares, hidden, epsilon);

  // The row is read a second time, from the cache.
  for (int v = threadIdx.x; v < vectors; v += blockDim.x) {
    const auto weights = ptx::ld_global_nc_vec16(gamma + v * kRowVector);
    const auto normalized = rms_norm_vector(load(v), rstd, weights, 0.0f);
    ptx::st_global_vec16(output + row + v * kRowVector, normalized);
  }
}
