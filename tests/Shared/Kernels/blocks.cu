// Reductions, scans, sorting and other kernels of blocks that share memory.

__device__ __forceinline__ int warp_sum(int value) {
  for (int offset = 16; offset > 0; offset >>= 1) value += __shfl_down_sync(0xffffffff, value, offset);
  return value;
}

// Sum of an array, with a grid-stride loop.
extern "C" __global__ void reduce_sum(const int* __restrict__ in, int n, int* out) {
  __shared__ int partial[32];
  int sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) sum += in[i];
  sum = warp_sum(sum);
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  if (lane == 0) partial[warp] = sum;
  __syncthreads();
  if (warp == 0) {
    sum = lane < (blockDim.x + 31) / 32 ? partial[lane] : 0;
    sum = warp_sum(sum);
    if (lane == 0) atomicAdd(out, sum);
  }
}

// The reduction in shared memory that every tutorial has, in double.
extern "C" __global__ void dot_product(const double* a, const double* b, double* out, int n) {
  extern __shared__ double cache[];
  double sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
    sum = fma(a[i], b[i], sum);
  cache[threadIdx.x] = sum;
  __syncthreads();
  for (int s = blockDim.x / 2; s > 0; s >>= 1) {
    if (threadIdx.x < s) cache[threadIdx.x] += cache[threadIdx.x + s];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = cache[0];
}

// Largest value and its index, as 64 bits in one atomic.
extern "C" __global__ void arg_max(const float* in, int n, unsigned long long* best) {
  unsigned long long own = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
    unsigned bits = __float_as_uint(in[i]);
    bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    const unsigned long long key = (unsigned long long)bits << 32 | (unsigned)~i;
    own = key > own ? key : own;
  }
  for (int offset = 16; offset > 0; offset >>= 1) {
    const unsigned long long other = __shfl_xor_sync(0xffffffff, own, offset);
    own = other > own ? other : own;
  }
  if ((threadIdx.x & 31) == 0) atomicMax(best, own);
}

// Inclusive scan: shuffles within warps, then over the warps' sums.
extern "C" __global__ void scan_inclusive(const int* in, int* out) {
  __shared__ int sums[32];
  const int i = threadIdx.x, lane = i & 31, warp = i >> 5;
  int value = in[blockIdx.x * blockDim.x + i];
#pragma unroll
  for (int d = 1; d < 32; d <<= 1) {
    const int other = __shfl_up_sync(0xffffffff, value, d);
    if (lane >= d) value += other;
  }
  if (lane == 31) sums[warp] = value;
  __syncthreads();
  if (warp == 0) {
    int sum = lane < blockDim.x / 32 ? sums[lane] : 0;
    for (int d = 1; d < 32; d <<= 1) {
      const int other = __shfl_up_sync(0xffffffff, sum, d);
      if (lane >= d) sum += other;
    }
    sums[lane] = sum;
  }
  __syncthreads();
  out[blockIdx.x * blockDim.x + i] = value + (warp > 0 ? sums[warp - 1] : 0);
}

// Exclusive scan of twice as many values as threads, up and down a tree (Blelloch).
extern "C" __global__ void scan_exclusive(const unsigned* in, unsigned* out, int n) {
  extern __shared__ unsigned tree[];
  const int t = threadIdx.x;
  tree[2 * t] = in[2 * t];
  tree[2 * t + 1] = in[2 * t + 1];
  int offset = 1;
  for (int d = n >> 1; d > 0; d >>= 1) {
    __syncthreads();
    if (t < d) tree[offset * (2 * t + 2) - 1] += tree[offset * (2 * t + 1) - 1];
    offset *= 2;
  }
  if (t == 0) tree[n - 1] = 0;
  for (int d = 1; d < n; d *= 2) {
    offset >>= 1;
    __syncthreads();
    if (t < d) {
      const int left = offset * (2 * t + 1) - 1, right = offset * (2 * t + 2) - 1;
      const unsigned kept = tree[left];
      tree[left] = tree[right];
      tree[right] += kept;
    }
  }
  __syncthreads();
  out[2 * t] = tree[2 * t];
  out[2 * t + 1] = tree[2 * t + 1];
}

// Keeps the values that pass a test, in their order: ballots and counts of bits.
extern "C" __global__ void compact(const int* in, int n, int* out, int* count) {
  __shared__ int warps[32];
  __shared__ int base;
  if (threadIdx.x == 0) base = 0;
  for (int start = 0; start < n; start += blockDim.x) {
    const int i = start + threadIdx.x;
    const int value = i < n ? in[i] : 0;
    const bool keep = i < n && value % 3 == 0;
    const unsigned ballot = __ballot_sync(0xffffffff, keep);
    if ((threadIdx.x & 31) == 0) warps[threadIdx.x >> 5] = __popc(ballot);
    __syncthreads();
    int place = base + __popc(ballot & ((1u << (threadIdx.x & 31)) - 1));
    for (int w = 0; w < (threadIdx.x >> 5); w++) place += warps[w];
    if (keep) out[place] = value;
    __syncthreads();
    if (threadIdx.x == blockDim.x - 1) base = place + (keep ? 1 : 0);
    __syncthreads();
  }
  if (threadIdx.x == 0) *count = base;
}

extern "C" __global__ void bitonic_sort(unsigned* values) {
  __shared__ unsigned shared[512];
  const int t = threadIdx.x;
  shared[t] = values[blockIdx.x * 512 + t];
  for (int k = 2; k <= 512; k <<= 1) {
    for (int j = k >> 1; j > 0; j >>= 1) {
      __syncthreads();
      const int other = t ^ j;
      if (other > t) {
        const unsigned a = shared[t], b = shared[other];
        if (((t & k) == 0) == (a > b)) {
          shared[t] = b;
          shared[other] = a;
        }
      }
    }
  }
  __syncthreads();
  values[blockIdx.x * 512 + t] = shared[t];
}

// Histogram: private bins of a block, then global atomics. The weights are whole numbers, so the order of
// float additions does not change the sums.
extern "C" __global__ void histogram(const unsigned char* data, int n, unsigned* bins, float* weights) {
  __shared__ unsigned counts[64];
  __shared__ float sums[64];
  for (int i = threadIdx.x; i < 64; i += blockDim.x) {
    counts[i] = 0;
    sums[i] = 0;
  }
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
    atomicAdd(&counts[data[i] >> 2], 1u);
    atomicAdd(&sums[data[i] >> 2], (float)(data[i] & 3));
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 64; i += blockDim.x) {
    atomicAdd(&bins[i], counts[i]);
    atomicAdd(&weights[i], sums[i]);
  }
}

extern "C" __global__ void transpose_tiles(const float* __restrict__ in, float* __restrict__ out, int width,
                                           int height) {
  __shared__ float tile[16][17];
  int x = blockIdx.x * 16 + threadIdx.x, y = blockIdx.y * 16 + threadIdx.y;
  if (x < width && y < height) tile[threadIdx.y][threadIdx.x] = in[y * width + x];
  __syncthreads();
  x = blockIdx.y * 16 + threadIdx.x;
  y = blockIdx.x * 16 + threadIdx.y;
  if (x < height && y < width) out[y * height + x] = tile[threadIdx.x][threadIdx.y];
}

// All atomics on integers, whose result does not depend on the order.
extern "C" __global__ void atomics(const unsigned* in, unsigned* out, unsigned long long* wide) {
  const unsigned v = in[blockIdx.x * blockDim.x + threadIdx.x];
  atomicAdd(&out[0], v);
  atomicSub(&out[1], v);
  atomicMin(&out[2], v);
  atomicMax((int*)&out[3], (int)v);
  atomicAnd(&out[4], v | 0xff);
  atomicOr(&out[5], v & 0xf0f0);
  atomicXor(&out[6], v);
  atomicInc(&out[7], 100);
  atomicDec(&out[8], 77);
  atomicAdd(&wide[0], (unsigned long long)v << 20);
  atomicMax(&wide[1], (unsigned long long)v * v);
  unsigned old = out[9], assumed;
  do {
    assumed = old;
    old = atomicCAS(&out[9], assumed, assumed + v * 3);
  } while (assumed != old);
}

// A table of keys with open addressing: how often each key came. Where a key lies depends on the order, so
// the sums are by key.
extern "C" __global__ void hash_table(const unsigned* keys, int n, unsigned* table, unsigned* counts,
                                      unsigned capacity) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const unsigned key = keys[i] + 1;
  unsigned slot = key * 2654435761u % capacity;
  while (true) {
    const unsigned seen = atomicCAS(&table[slot], 0u, key);
    if (seen == 0 || seen == key) break;
    slot = (slot + 1) % capacity;
  }
  atomicAdd(&counts[key - 1], 1u);
}
