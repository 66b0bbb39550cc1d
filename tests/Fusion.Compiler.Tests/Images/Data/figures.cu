// Figures of the machine code: each kernel shows some of them.
__constant__ float table[64];

extern "C" __global__ void plain(float* out, int n) { out[n] = 1.0f; }

extern "C" __global__ void __launch_bounds__(128) barriers(float* out, int n) {
  __shared__ float part[32];
  part[threadIdx.x & 31] = table[n & 63];
  asm volatile("bar.sync 3;");
  out[threadIdx.x] = part[(threadIdx.x + 1) & 31];
  __syncthreads();
  out[n] = part[n & 31];
}

// More values at once than its registers hold.
extern "C" __global__ void __launch_bounds__(1024, 2) spilled(float* out, const float* in, int n) {
  float v[48];
#pragma unroll
  for (int i = 0; i < 48; ++i) v[i] = in[i * n + threadIdx.x];
  __syncthreads();
  for (int k = 0; k < n; ++k) {
#pragma unroll
    for (int i = 0; i < 48; ++i) v[i] = v[i] * v[(i * 7 + 3) % 48] + in[k];
  }
#pragma unroll
  for (int i = 0; i < 48; ++i) out[i * n + threadIdx.x] = v[i];
}

extern "C" __global__ void indexed(int* out, const int* index, int n) {
  int local[16];
  for (int i = 0; i < 16; ++i) local[i] = index[i];
  for (int i = 0; i < n; ++i) local[index[i] & 15] += i;
  for (int i = 0; i < 16; ++i) out[i] = local[i];
}

#if __CUDA_ARCH__ >= 900
extern "C" __global__ void __cluster_dims__(2, 4, 1) clustered(float* out, int n) { out[n] = 2.0f; }
#endif
