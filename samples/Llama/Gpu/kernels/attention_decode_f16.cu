#include "attention_decode.cuh"

using namespace llama;

// Decode attention over f16 for head sizes of 32, 64 and 128: attention_decode.cuh has grid, block and shared
// memory. Addresses and pitches are multiples of 16 bytes. decode_ takes queries that rope_append has turned,
// and keys and values that it has cached; turn_decode_ takes the projections and does both itself, for steps
// in which all rows are of decode or pad.

#define LLAMA_DECODE(D)                                                                                      \
  extern "C" __global__ void __launch_bounds__(128, 3)                                                       \
      decode_f16_d##D(const f16* queries, void* y, const float* y_scale, const f16* keys, const f16* values, \
                      const int* positions, const int* sequences, const int* decodes, const int* tables,     \
                      int pages_per_sequence, int heads, int kv_heads, float scale) {                        \
    attend_decode<false, f16, D>({queries,                                                                   \
                                  {y, y_scale},                                                              \
                                  keys,                                                                      \
                                  values,                                                                    \
                                  positions,                                                                 \
                                  sequences,                                                                 \
                                  {tables, pages_per_sequence, kv_heads, D},                                 \
                                  heads,                                                                     \
                                  scale},                                                                    \
                                 {}, decodes);                                                               \
  }                                                                                                          \
  extern "C" __global__ void __launch_bounds__(128, 3) turn_decode_f16_d##D(                                 \
      const f16* q, const f16* k, const f16* v, i64 q_pitch, i64 k_pitch, i64 v_pitch, const f16* q_norm,    \
      const f16* k_norm, float epsilon, const float* angles, void* y, const float* y_scale, f16* keys,       \
      f16* values, const int* positions, const int* sequences, const int* decodes, const int* tables,        \
      int pages_per_sequence, int heads, int kv_heads, float scale) {                                        \
    attend_decode<true, f16, D>(                                                                             \
        {nullptr,                                                                                            \
         {y, y_scale},                                                                                       \
         keys,                                                                                               \
         values,                                                                                             \
         positions,                                                                                          \
         sequences,                                                                                          \
         {tables, pages_per_sequence, kv_heads, D},                                                          \
         heads,                                                                                              \
         scale},                                                                                             \
        {{q, k, v, q_pitch, k_pitch, v_pitch}, {q_norm, k_norm, epsilon}, angles, keys, values}, decodes);   \
  }

LLAMA_DECODE(32)
LLAMA_DECODE(64)
LLAMA_DECODE(128)
