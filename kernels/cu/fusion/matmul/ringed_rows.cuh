#pragma once

#include <fusion/matmul/few_rows.cuh>
#include <fusion/ptx/async_copy.cuh>

// The sums of few_rows.cuh, bit for bit, for 1 to 8 rows, with copies of w and x to shared memory that run
// ahead of the products, and those of w ahead of the end of the kernels ahead. Each lane has a ring there of
// its own, to which it copies just what it multiplies: no lane waits for another one before the sums of a
// block meet. (The copies have no policy of the L2 cache: of some that have one, ptxas of CUDA 13.0 makes an
// instruction that the GPU refuses, bench/notes.md.)

namespace fusion {

constexpr int kRingPartBytes = 64;    // of a row: what a warp multiplies at a time, 16 for each of four lanes
constexpr int kRingStepBytes = 1024;  // of a row: each of the eight warps has two parts, side by side
constexpr int kRingChunkBytes = 512;  // what a warp's lanes copy at a time
constexpr int kRingChunks = 25;       // of a warp's ring, at most

/// A block's dynamic shared memory for Tiles tiles of w at a time. What follows `ring` may be shorter: as
/// many slots as the launch has. Alignment: 16 bytes.
template <int Tiles>
struct RingedRows {
  static constexpr int kChunks = 1 + 2 * Tiles;             // of a part: rows of x, then those of each tile
  static constexpr int kMostSlots = kRingChunks / kChunks;  // parts in a ring

  FewRowsParts<Tiles, 1> parts;
  char ring[kMostSlots][kFewRowsWarps][kChunks][kRingChunkBytes];
};

/// Which rows of w make a tile: of its first eight, row i is i + tile * step; the other eight are `second`
/// rows further.
struct RingTiles {
  int count;
  int step;    // 16, or 8 where the other eight are of another part of w
  int second;  // 8, or the row where the other part begins
  int rows;    // of w, or of one part of it: rows behind them are zeros

  __device__ __forceinline__ bool has_row(int tile, int row, int half) const {
    return tile * step + row + (step == kFewRowsTile ? half * second : 0) < rows;
  }
};

/// A block's tiles, which are neighbours, in passes of Tiles or fewer, all of one size or one less.
template <int Tiles>
struct RingPasses {
  int tile, count;  // the first tile of this pass, and how many it has; none behind the last pass

  __device__ __forceinline__ explicit RingPasses(int tiles) {
    const i64 blocks = gridDim.x, block = blockIdx.x;
    tile = static_cast<int>(block * tiles / blocks);
    left_ = static_cast<int>((block + 1) * tiles / blocks) - tile;
    divide();
  }

  __device__ __forceinline__ void next() {
    tile += count;
    left_ -= count;
    divide();
  }

 private:
  int left_;  // tiles from this pass on

  __device__ __forceinline__ void divide() {
    const int passes = (left_ + Tiles - 1) / Tiles;
    count = passes == 0 ? 0 : (left_ + passes - 1) / passes;
  }
};

/// A lane's copies, part behind part and pass behind pass. What is behind the end of rows, of x, of w or of
/// the last pass becomes zeros.
template <int Tiles>
struct RingCopies {
  RingPasses<Tiles> passes;

  __device__ __forceinline__ RingCopies(const void* x, const void* w, int rows, int row_bytes,
                                        const RingTiles& tiles)
      : passes(tiles.count), tiles_(tiles), row_bytes_(row_bytes), at_(0) {
    const int own = static_cast<int>(threadIdx.x) / 32 * 2 * kRingPartBytes + lane() % 4 * 16;
    const bool has_bytes = own < row_bytes;
    end_ = row_bytes - own;
    end_of_x_ = row() < rows ? end_ : 0;
    x_ = static_cast<const char*>(x) +
         (has_bytes && row() < rows ? row() * static_cast<i64>(row_bytes) + own : 0);
    w_ = static_cast<const char*>(w) + (has_bytes ? own : 0);
    begin_pass();
  }

  __device__ __forceinline__ void copy_x(char* slot) const {
    const bool is_there = passes.count > 0 && at_ < end_of_x_;
    ptx::cp_async_16(slot, is_there ? x_ + at_ : x_, is_there);
  }

  /// Copies the part of a tile of the pass.
  __device__ __forceinline__ void copy_w(char* slot, int of_pass) const {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const bool is_there = at_ < end_ && (has_row_ >> (2 * of_pass + h) & 1u) != 0;
      const i64 further = static_cast<i64>(of_pass * tiles_.step + h * tiles_.second) * row_bytes_;
      ptx::cp_async_16_of_128(slot + (1 + 2 * of_pass + h) * kRingChunkBytes,
                              is_there ? first_ + further + at_ : w_, is_there);
    }
  }

  /// Goes on to the next part.
  __device__ __forceinline__ void next() {
    const bool is_second = (at_ & kRingPartBytes) != 0;
    at_ += is_second ? kRingStepBytes - kRingPartBytes : kRingPartBytes;
    if (is_second && at_ >= row_bytes_) {
      at_ = 0;
      passes.next();
      begin_pass();
    }
  }

 private:
  RingTiles tiles_;
  const char *x_, *w_;  // the lane's first 16 bytes of a row, or a place that may be read
  const char* first_;   // the lane's first 16 bytes of the pass' first tile
  int row_bytes_;
  int at_;              // the part's distance from the lane's first 16 bytes
  int end_, end_of_x_;  // of a row, from there
  u32 has_row_;         // a bit for each half of a tile of the pass

  static __device__ __forceinline__ int lane() { return static_cast<int>(threadIdx.x) % 32; }
  static __device__ __forceinline__ int row() { return lane() / 4; }

  __device__ __forceinline__ void begin_pass() {
    first_ = w_ + (static_cast<i64>(passes.tile) * tiles_.step + row()) * row_bytes_;
    has_row_ = 0;
#pragma unroll
    for (int t = 0; t < Tiles; t++)
#pragma unroll
      for (int h = 0; h < 2; h++)
        has_row_ |= (t < passes.count && tiles_.has_row(passes.tile + t, row(), h) ? 1u : 0u) << (2 * t + h);
  }
};

/// 16 bytes of x as the tensor cores take them: e4m3 as f16.
__device__ __forceinline__ void words_of_x(u32 (&words)[8], const Words16& x, e4m3) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    words[2 * i] = f16_pair(x.w[i]);
    words[2 * i + 1] = f16_pair(x.w[i] >> 16);
  }
}

template <class X>
__device__ __forceinline__ void words_of_x(u32 (&words)[4], const Words16& x, X) {
#pragma unroll
  for (int i = 0; i < 4; i++) words[i] = x.w[i];
}

/// multiply_words of few_rows.cuh, with words_of_x, which all tiles share.
__device__ __forceinline__ void multiply_chunks(float (&c)[4], const Words16& w0, const Words16& w1,
                                                const u32 (&x)[8], e4m3) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const u32 a[4] = {f16_pair(w0.w[i]), f16_pair(w1.w[i]), f16_pair(w0.w[i] >> 16), f16_pair(w1.w[i] >> 16)};
    ptx::mma_m16n8k16(c, a, x[2 * i], x[2 * i + 1], f16{});
  }
}

template <class X>
__device__ __forceinline__ void multiply_chunks(float (&c)[4], const Words16& w0, const Words16& w1,
                                                const u32 (&x)[4], X type) {
#pragma unroll
  for (int i = 0; i < 4; i += 2) {
    const u32 a[4] = {w0.w[i], w1.w[i], w0.w[i + 1], w1.w[i + 1]};
    ptx::mma_m16n8k16(c, a, x[i], x[i + 1], type);
  }
}

/// Multiplies `rows` rows of x, 1 to 8, by the block's tiles of w: an equal share of all, block 0 having the
/// first. A row of x or w has `depth` elements and is a multiple of 16 bytes long; x and w are aligned to 16
/// bytes. `slots`: parts in a lane's ring, kMostSlots or, for a block of one pass, as many as it has, two for
/// each 1024 bytes of a row or of its rest.
///
/// Begins to copy w, then waits for the kernels ahead (griddepcontrol), and only then reads x; waits first if
/// not `is_w_ready`. For each pass calls done(tile, count, parts) with the whole block, which may read
/// parts.sum(0 to count - 1, row, row_of_tile).
///
/// Participants: all 256 threads of the block, which has barriers behind each pass. Order of memory: weak.
template <int Tiles, class X, class Done>
__device__ __forceinline__ void multiply_ringed_rows(RingedRows<Tiles>& shared, const X* x, const X* w,
                                                     int rows, int depth, const RingTiles& tiles, int slots,
                                                     bool is_w_ready, const Done& done) {
  constexpr int kMostSlots = RingedRows<Tiles>::kMostSlots;
  constexpr int kSlotBytes = static_cast<int>(sizeof(shared.ring[0]));
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int row_bytes = depth * static_cast<int>(sizeof(X));
  const int parts = (row_bytes + kRingStepBytes - 1) / kRingStepBytes * 2;
  char* const ring = &shared.ring[0][warp][0][0] + static_cast<int>(threadIdx.x) % 32 * 16;
  char* const last = ring + (slots - 1) * kSlotBytes;
  const auto chunk = [](const char* slot, int number) {
    return *reinterpret_cast<const Words16*>(slot + number * kRingChunkBytes);
  };

  RingCopies<Tiles> copies(x, w, rows, row_bytes, tiles);
  if (!is_w_ready) ptx::griddepcontrol_wait();
  RingCopies<Tiles> of_w = copies;
#pragma unroll 1
  for (char* slot = ring; slot <= last; slot += kSlotBytes, of_w.next())
#pragma unroll
    for (int t = 0; t < Tiles; t++)
      if (t < of_w.passes.count) of_w.copy_w(slot, t);
  if (is_w_ready) ptx::griddepcontrol_wait();
    // As many groups as the waits below count, the first of which has all that is copied of w so far.
#pragma unroll 1
  for (int i = 0; i < kMostSlots; i++) {
    if (i < slots) {
      copies.copy_x(ring + i * kSlotBytes);
      copies.next();
    }
    ptx::cp_async_commit();
  }

  char* slot = ring;
  for (RingPasses<Tiles> passes(tiles.count); passes.count > 0; passes.next()) {
    float c[Tiles][4] = {};
#pragma unroll 1
    for (int i = 0; i < parts; i++) {
      ptx::cp_async_wait<kMostSlots - 1>();
      u32 words[8 / sizeof(X)];
      words_of_x(words, chunk(slot, 0), X{});
      copies.copy_x(slot);
#pragma unroll
      for (int t = 0; t < Tiles; t++) {
        if (t < passes.count)
          multiply_chunks(c[t], chunk(slot, 1 + 2 * t), chunk(slot, 2 + 2 * t), words, X{});
        if (t < copies.passes.count) copies.copy_w(slot, t);
      }
      ptx::cp_async_commit();
      copies.next();
      slot = slot == last ? ring : slot + kSlotBytes;
    }
#pragma unroll
    for (int t = 0; t < Tiles; t++) shared.parts.keep(warp, t, 0, c[t]);
    __syncthreads();
    done(passes.tile, passes.count, shared.parts);
    __syncthreads();
  }
  // Nothing may be on its way to shared memory that the block gives back.
  ptx::cp_async_wait<0>();
}

}  // namespace fusion
