#include <fusion/norm/octets.cuh>

using namespace fusion;

// Rows of a table of elements of 2 bytes. Rows are multiples of 16 bytes and aligned to them; all indexing is
// by 64 bits.

namespace {

__device__ __forceinline__ void copy_row(const void* table, i64 row, void* y, int words) {
  const Words16* const from = row < 0 ? nullptr : static_cast<const Words16*>(table) + row * words;
  Words16* const to = static_cast<Words16*>(y) + static_cast<i64>(blockIdx.x) * words;
  for (int i = static_cast<int>(threadIdx.x); i < words; i += static_cast<int>(blockDim.x))
    ptx::st_global(to + i, from == nullptr ? Words16{} : ptx::ld_global(from + i));
}

}  // namespace

/// Embeddings of tokens: `table` has the rows of the tokens from `first` on, `count` of them, and other
/// tokens get zeros, among them -1, which pads. `words` is the length of a row in units of 16 bytes. Grid: a
/// block for each token. Block: any number of threads along x.
extern "C" __global__ void embed_tokens(const int* tokens, const void* table, void* y, int first, int count,
                                        int words) {
  const int own = tokens[blockIdx.x] - first;
  copy_row(table, own >= 0 && own < count ? own : -1, y, words);
}

/// Copies the rows of `x` that `rows` names, one after the other; -1 gives zeros.
/// Grid: a block for each row of the result. Block: any number of threads along x.
extern "C" __global__ void gather_rows(const int* rows, const void* x, void* y, int words) {
  copy_row(x, rows[blockIdx.x], y, words);
}

/// Copies what a step is made of from one place, to which the host copied it, to the inputs of the graphs:
/// `count` tokens, positions and sequences, which lie `most` apart, and behind them `row_count` numbers of
/// rows. A token of -2 - k is number k of `chosen`, the tokens of the step before, which the host need not
/// have seen. Grid and block: any, along x.
extern "C" __global__ void spread_step(const int* from, int most, const int* chosen, int* tokens,
                                       int* positions, int* sequences, int count, int* rows, int row_count) {
  const int stride = static_cast<int>(gridDim.x * blockDim.x);
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < count || i < row_count;
       i += stride) {
    if (i < row_count) rows[i] = from[static_cast<i64>(most) * 3 + i];
    if (i >= count) continue;
    const int token = from[i];
    tokens[i] = token < -1 ? chosen[-2 - token] : token;
    positions[i] = from[static_cast<i64>(most) + i];
    sequences[i] = from[static_cast<i64>(most) * 2 + i];
  }
}

/// Writes what was chosen where the host reads it.
/// Grid and block: any, along x.
extern "C" __global__ void keep_choice(const int* chosen, const float* largest, int* host_chosen,
                                       float* host_largest, int count) {
  const int stride = static_cast<int>(gridDim.x * blockDim.x);
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < count; i += stride) {
    host_chosen[i] = chosen[i];
    host_largest[i] = largest[i];
  }
}
