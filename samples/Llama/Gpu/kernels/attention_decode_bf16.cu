#include "attention_decode.cuh"

using namespace llama;

// Decode attention over bf16 for head sizes of 32, 64 and 128: attention_decode.cuh has grid and block.
// Addresses are multiples of 16 bytes.

#define LLAMA_DECODE(D)                                                                                    \
  extern "C" __global__ void __launch_bounds__(128, 3)                                                     \
      decode_bf16_d##D(const bf16* queries, void* y, const float* y_scale, const bf16* keys,               \
                       const bf16* values, const int* positions, const int* sequences, const int* decodes, \
                       const int* tables, int pages_per_sequence, int heads, int kv_heads, float scale) {  \
    attend_decode<bf16, D>({queries,                                                                       \
                            {y, y_scale},                                                                  \
                            keys,                                                                          \
                            values,                                                                        \
                            positions,                                                                     \
                            sequences,                                                                     \
                            {tables, pages_per_sequence, kv_heads, D},                                     \
                            heads,                                                                         \
                            scale},                                                                        \
                           decodes);                                                                       \
  }

LLAMA_DECODE(32)
LLAMA_DECODE(64)
LLAMA_DECODE(128)
