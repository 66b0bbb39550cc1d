#include "attention_decode.cuh"

using namespace llama;

// Decode attention over f16 for head sizes of 32, 64 and 128, and for 1 to 8 query heads a block:
// attention_decode.cuh has grid and block. Addresses are multiples of 16 bytes.

#define LLAMA_DECODE(D, G)                                                                                   \
  extern "C" __global__ void __launch_bounds__(128, G <= 4 ? 3 : 2) decode_f16_d##D##_g##G(                  \
      const f16* queries, void* y, const float* y_scale, const f16* keys, const f16* values, float* sums,    \
      float2* scales, unsigned int* counters, const int* positions, const int* sequences,                    \
      const int* decodes, const int* tables, int pages_per_sequence, int heads, int kv_heads, float scale) { \
    attend_decode<f16, D, G>({queries,                                                                       \
                              {y, y_scale},                                                                  \
                              keys,                                                                          \
                              values,                                                                        \
                              {sums, scales, counters},                                                      \
                              positions,                                                                     \
                              sequences,                                                                     \
                              {tables, pages_per_sequence, kv_heads, D},                                     \
                              heads,                                                                         \
                              scale},                                                                        \
                             decodes);                                                                       \
  }
#define LLAMA_DECODE_SIZES(G) LLAMA_DECODE(32, G) LLAMA_DECODE(64, G) LLAMA_DECODE(128, G)

LLAMA_DECODE_SIZES(1)
LLAMA_DECODE_SIZES(2)
LLAMA_DECODE_SIZES(4)
LLAMA_DECODE_SIZES(8)
