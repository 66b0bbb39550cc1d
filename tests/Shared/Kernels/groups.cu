// Threads that work together: groups, votes, flags between blocks, clusters, and what kernels print.

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <stdio.h>

namespace cg = cooperative_groups;

extern "C" __global__ void tiles(const int* in, int* out) {
  const cg::thread_block block = cg::this_thread_block();
  const auto tile = cg::tiled_partition<8>(block);
  int value = in[blockIdx.x * blockDim.x + block.thread_rank()];
  value = cg::reduce(tile, value, cg::plus<int>()) * 10 + cg::reduce(tile, value, cg::greater<int>());
  value += tile.shfl_down(value, 2) + tile.meta_group_rank();
  block.sync();
  if (value % 3 != 0) {
    const cg::coalesced_group some = cg::coalesced_threads();
    value = value * 1000 + some.thread_rank() * 10 + (some.num_threads() & 7);
  }
  out[blockIdx.x * blockDim.x + block.thread_rank()] = value;
}

// Counts that a warp adds together for those of its threads that have the same key.
extern "C" __global__ void aggregated(const int* keys, int* counts, unsigned* masks) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned same = __match_any_sync(0xffffffff, keys[i]);
  if ((threadIdx.x & 31) == __ffs(same) - 1) atomicAdd(&counts[keys[i]], __popc(same));
  int all;
  const unsigned every = __match_all_sync(0xffffffff, keys[i] >> 3, &all);
  unsigned r = same ^ __reduce_add_sync(0xffffffff, (unsigned)keys[i]) ^ __reduce_xor_sync(same, (unsigned)i);
  r += every + (all ? 17 : 0) + __reduce_min_sync(0xffffffff, keys[i] - 5) +
       (__any_sync(same, i % 7 == 0) ? 1000 : 0);
  masks[i] = r + __shfl_sync(0xffffffff, r, i * 5 % 32, 16) + __ballot_sync(same, i % 5 == 0);
}

// The last block that arrives adds what the others wrote.
extern "C" __global__ void last_block(const int* in, int* partial, unsigned* arrived, long long* total) {
  __shared__ int sum;
  __shared__ bool last;
  if (threadIdx.x == 0) sum = 0;
  __syncthreads();
  atomicAdd(&sum, in[blockIdx.x * blockDim.x + threadIdx.x]);
  __syncthreads();
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
    __threadfence();
    last = atomicInc(arrived, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    long long all = 0;
    for (unsigned i = 0; i < gridDim.x; i++) all = all * 31 + *(volatile int*)&partial[i];
    *total = all;
  }
}

// Each block waits for the one before it: a scan in one pass.
extern "C" __global__ void chained_scan(const int* in, int* out, volatile int* sums, volatile int* flags) {
  __shared__ int before;
  __shared__ int own[64];
  const int t = threadIdx.x, b = blockIdx.x;
  own[t] = in[b * 64 + t];
  __syncthreads();
  if (t == 0) {
    for (int i = 1; i < 64; i++) own[i] += own[i - 1];
    before = 0;
    if (b > 0) {
      while (flags[b - 1] == 0) {
      }
      __threadfence();
      before = sums[b - 1];
    }
    sums[b] = before + own[63];
    __threadfence();
    flags[b] = 1;
  }
  __syncthreads();
  out[b * 64 + t] = own[t] + before;
}

// Steps of heat flow; all blocks meet after each one.
extern "C" __global__ void heat(float* now, float* next, int n, int steps) {
  const cg::grid_group grid = cg::this_grid();
  for (int step = 0; step < steps; step++) {
    for (int i = grid.thread_rank(); i < n; i += grid.size()) {
      const float left = now[i > 0 ? i - 1 : 0], right = now[i < n - 1 ? i + 1 : n - 1];
      next[i] = fmaf(0.25f, __fadd_rn(left, right), __fmul_rn(0.5f, now[i]));
    }
    grid.sync();
    float* swap = now;
    now = next;
    next = swap;
  }
}

// Bins that the blocks of a cluster hold together, each a part.
extern "C" __global__ void __cluster_dims__(2, 1, 1) cluster_histogram(const int* in, int n, int* bins) {
  __shared__ int own[32];
  const cg::cluster_group cluster = cg::this_cluster();
  if (threadIdx.x < 32) own[threadIdx.x] = 0;
  cluster.sync();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    const int bin = in[i] & 63;
    atomicAdd(cluster.map_shared_rank(&own[bin & 31], bin >> 5), 1);
  }
  cluster.sync();
  if (threadIdx.x < 32) atomicAdd(&bins[cluster.block_rank() * 32 + threadIdx.x], own[threadIdx.x]);
}

// A frontier that goes through a graph level by level; the distances do not depend on who comes first.
extern "C" __global__ void breadth_first(const int* starts, const int* edges, int* distances, int nodes) {
  __shared__ int changed;
  for (int level = 0;; level++) {
    __syncthreads();
    if (threadIdx.x == 0) changed = 0;
    __syncthreads();
    for (int node = threadIdx.x; node < nodes; node += blockDim.x) {
      if (atomicAdd(&distances[node], 0) != level) continue;
      for (int e = starts[node]; e < starts[node + 1]; e++)
        if (atomicCAS(&distances[edges[e]], -1, level + 1) == -1) atomicExch(&changed, 1);
    }
    __syncthreads();
    if (changed == 0) break;
  }
}

extern "C" __global__ void life(const unsigned char* now, unsigned char* next, int width, int height) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  int alive = 0;
  for (int dy = -1; dy <= 1; dy++)
    for (int dx = -1; dx <= 1; dx++)
      if (dx != 0 || dy != 0) alive += now[(y + dy + height) % height * width + (x + dx + width) % width];
  next[y * width + x] = alive == 3 || (alive == 2 && now[y * width + x]);
}

extern "C" __global__ void prints(const float* values, int n) {
  printf("%d values of block %d\n", n, (int)blockIdx.x);
  for (int i = 0; i < n; i++)
    printf("[%2d] %8.3f|%-9.2e|%g|%+d|%05d|%#x|%o|%c\n", i, values[i], values[i] * 1000, values[i], i - 1,
           i * 37, i * 255, i * 9, 'a' + i);
  printf("%s %lld %llu %hd %5s|%-6s|%.2s %% %u\n", "text", -123456789012345ll, 18446744073709551615ull,
         (short)-3, "ab", "cd", "efgh", 4000000000u);
}
