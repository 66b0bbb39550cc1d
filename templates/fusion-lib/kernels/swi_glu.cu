#include <fusion/ptx/convert.cuh>

using namespace fusion;

// SwiGLU: output = gate / (1 + exp(-gate)) * up, in float, rounded once.
//
// Any grid and block will do: threads stride over the `count` elements. Output may be gate or up itself.
__global__ void swi_glu(bf16* output, const bf16* gate, const bf16* up, long long count) {
  const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += threads) {
    const float g = to_float(gate[i]);
    output[i] = ptx::cvt_rn_bf16(g / (1.0f + expf(-g)) * to_float(up[i]));
  }
}
