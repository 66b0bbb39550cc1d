#include "attention_prefill.cuh"

using namespace llama;

// Prefill attention over f16 for head sizes of 32, 64 and 128: attention_prefill.cuh has grid and block.
// Addresses are multiples of 16 bytes. tiles: four ints each, as QueryTile.

#define LLAMA_PREFILL(D)                                                                             \
  extern "C" __global__ void __launch_bounds__(128)                                                  \
      prefill_f16_d##D(const f16* queries, void* y, const float* y_scale, const f16* keys,           \
                       const f16* values, const int* positions, const int* tiles, const int* tables, \
                       int pages_per_sequence, int heads, int kv_heads, float scale) {               \
    attend_prefill<f16, D>({queries,                                                                 \
                            {y, y_scale},                                                            \
                            keys,                                                                    \
                            values,                                                                  \
                            positions,                                                               \
                            {tables, pages_per_sequence, kv_heads, D},                               \
                            heads,                                                                   \
                            scale},                                                                  \
                           reinterpret_cast<const QueryTile*>(tiles));                               \
  }

LLAMA_PREFILL(32)
LLAMA_PREFILL(64)
LLAMA_PREFILL(128)
