// Kernels whose images test the readers: each shows something that an image can say.

struct Pair {
  double first;
  int second;
};

struct alignas(32) Wide {
  float v[8];
};

struct Large {
  int v[4000];
};

using Count = unsigned long long;

__device__ float table[16];
extern __shared__ float dynamic[];

extern "C" __global__ void nothing() {}

extern "C" __global__ void copy(const float* __restrict__ from, float* __restrict__ to, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) to[i] = from[i];
}

namespace math {

// Padding, an unnamed parameter, launch bounds and static shared memory.
__global__ void __launch_bounds__(256, 2) sum(char tag, Pair pair, float const* values, short, float* out) {
  __shared__ float part[256];
  part[threadIdx.x] = values[threadIdx.x] + static_cast<float>(pair.first) + pair.second + tag;
  __syncthreads();
  if (threadIdx.x < 128)
    out[threadIdx.x] = part[threadIdx.x] + part[threadIdx.x + 128] + dynamic[threadIdx.x];
}

namespace {
__global__ void hidden(float* out) { out[threadIdx.x] = table[threadIdx.x & 15]; }
}  // namespace

namespace detail {
// An array that is indexed at run time lies in local memory.
__global__ void scatter(int* out, const int* index, int n) {
  int local[16];
  for (int i = 0; i < 16; ++i) local[i] = index[i];
  for (int i = 0; i < n; ++i) local[index[i] & 15] += i;
  for (int i = 0; i < 16; ++i) out[i] = local[i];
}
}  // namespace detail
}  // namespace math

__global__ void scale(float* x, int n) { x[n] *= 2; }
__global__ void scale(double* x, int n) { x[n] *= 2; }

__device__ __noinline__ int pick(const int* values, int n) {
  __shared__ int staged[20];
  int local[32];
  for (int i = 0; i < 32; ++i) local[i] = values[i];
  staged[threadIdx.x] = local[n & 31];
  __syncthreads();
  return staged[n];
}

// Shared and local memory of a function that it calls.
extern "C" __global__ void caller(int* out, Count n) { *out = pick(out, static_cast<int>(n)); }

extern "C" __global__ void wide(bool flag, Wide value, int (*map)(int), float rows[4]) {
  rows[0] = flag ? value.v[threadIdx.x & 7] : map(3);
}

#if __CUDACC_VER_MAJOR__ >= 12
extern "C" __global__ void large(Large value, int* out) { *out = value.v[threadIdx.x]; }
#endif

template <typename T, int Width>
__global__ void fill(T* x, const T value) {
  for (int i = 0; i < Width; ++i) x[i] = value;
}
