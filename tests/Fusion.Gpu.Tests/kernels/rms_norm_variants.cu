#include <fusion/norm/norm_octet.cuh>

using namespace fusion;

// RMSNorm of each row with a bias of the weights, and in the order that rounds twice. One block a row; rows
// start at multiples of 16 bytes.
__global__ void rms_norm_variants(bf16* biased, bf16* rounded_twice, const bf16* input, const bf16* gamma,
                                  int hidden, float epsilon, float bias) {
  __shared__ RowScratch scratch;
  const i64 start = static_cast<i64>(blockIdx.x) * hidden;
  const auto* row = reinterpret_cast<const Vec16<bf16>*>(input + start);
  const float squares = row_sum(hidden / kRowVector, scratch, [&](int v) { return sum_of_squares(row[v]); });
  const float rstd = rms_norm_rstd(squares, hidden, epsilon);

  for (int i = threadIdx.x; i < hidden; i += blockDim.x)
    biased[start + i] = rms_norm_element(input[start + i], rstd, gamma[i], bias);
  for (int v = threadIdx.x; v < hidden / kRowVector; v += blockDim.x) {
    float h[8];
    widen(load_octet_nc(input + start + v * kRowVector), h);
    const Octet<bf16> weights = load_octet_nc(gamma + v * kRowVector);
    // Adding -0 changes no weight, not even -0.
    store_octet(rounded_twice + start + v * kRowVector,
                rms_norm_octet_rounded_twice(h, rstd, weights, -0.0f));
  }
}
