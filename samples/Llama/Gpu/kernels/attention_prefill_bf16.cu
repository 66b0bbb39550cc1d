#include "attention_prefill.cuh"

using namespace llama;

// Prefill attention over bf16 for head sizes of 32, 64 and 128: attention_prefill.cuh has grid and block.
// Addresses are multiples of 16 bytes. tiles: four ints each, as QueryTile.

#define LLAMA_PREFILL(D)                                                                               \
  extern "C" __global__ void __launch_bounds__(128)                                                    \
      prefill_bf16_d##D(const bf16* queries, void* y, const float* y_scale, const bf16* keys,          \
                        const bf16* values, const int* positions, const int* tiles, const int* tables, \
                        int pages_per_sequence, int heads, int kv_heads, float scale) {                \
    attend_prefill<bf16, D>({queries,                                                                  \
                             {y, y_scale},                                                             \
                             keys,                                                                     \
                             values,                                                                   \
                             positions,                                                                \
                             {tables, pages_per_sequence, kv_heads, D},                                \
                             heads,                                                                    \
                             scale},                                                                   \
                            reinterpret_cast<const QueryTile*>(tiles));                                \
  }

LLAMA_PREFILL(32)
LLAMA_PREFILL(64)
LLAMA_PREFILL(128)
