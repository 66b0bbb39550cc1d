#include <fusion/norm/rms_norm.cuh>

using namespace fusion;

// RMSNorm of each row with a bias of the weights, and in the order that rounds twice. One block a row.
__global__ void rms_norm_variants(bf16* biased, bf16* rounded_twice, const bf16* input, const bf16* gamma,
                                  int hidden, float epsilon, float bias) {
  __shared__ RowScratch scratch;
  const auto* row = reinterpret_cast<const Vec16<bf16>*>(input + static_cast<i64>(blockIdx.x) * hidden);
  const float squares = row_sum(hidden / kRowVector, scratch, [&](int v) { return sum_of_squares(row[v]); });
  const float rstd = rms_norm_rstd(squares, hidden, epsilon);

  for (int i = threadIdx.x; i < hidden; i += blockDim.x) {
    const i64 at = static_cast<i64>(blockIdx.x) * hidden + i;
    biased[at] = rms_norm_element(input[at], rstd, gamma[i], bias);
    rounded_twice[at] = rms_norm_element_rounded_twice(input[at], rstd, gamma[i]);
  }
}
