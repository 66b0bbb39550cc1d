#include <cstdint>
#include <cstdio>
#include <cuda_runtime.h>

typedef unsigned char uchar;
const int HISTOGRAM_BINS = 256;
#define WARP_COUNT 6
#define WARP_SIZE 32
#define TAG(x) ((x) << (32 - 5))

inline __device__ void addByte(uint* s_WarpHist, uint data, uint threadTag) {
  atomicAdd(s_WarpHist + data, 1);
}

inline __device__ void addWord(uint* s_WarpHist, uint data, uint tag) {
  addByte(s_WarpHist, (data >> 0) & 0xFFU, tag);
  addByte(s_WarpHist, (data >> 8) & 0xFFU, tag);
  addByte(s_WarpHist, (data >> 16) & 0xFFU, tag);
  addByte(s_WarpHist, (data >> 24) & 0xFFU, tag);
}

__global__ void histogram256Kernel(uint* d_Partial, uint* d_Data, uint dataCount) {
  __shared__ uint s_Hist[WARP_COUNT * HISTOGRAM_BINS];
  uint* s_WarpHist = s_Hist + (threadIdx.x >> 5) * HISTOGRAM_BINS;
  for (uint i = threadIdx.x; i < WARP_COUNT * HISTOGRAM_BINS; i += blockDim.x) s_Hist[i] = 0;
  const uint tag = TAG(threadIdx.x & (WARP_SIZE - 1));
  __syncthreads();
  for (uint pos = blockIdx.x * blockDim.x + threadIdx.x; pos < dataCount; pos += blockDim.x * gridDim.x)
    addWord(s_WarpHist, d_Data[pos], tag);
  __syncthreads();
  for (uint bin = threadIdx.x; bin < HISTOGRAM_BINS; bin += blockDim.x) {
    uint sum = 0;
    for (uint i = 0; i < WARP_COUNT; i++) sum += s_Hist[bin + i * HISTOGRAM_BINS];
    d_Partial[blockIdx.x * HISTOGRAM_BINS + bin] = sum;
  }
}

static uint* d_PartialHistograms;
extern "C" void initHistogram256(void) {
  cudaMalloc((void**)&d_PartialHistograms, 240 * HISTOGRAM_BINS * sizeof(uint));
}
extern "C" void histogram256CPU(uint* h, void* data, uint byteCount) {
  for (uint i = 0; i < HISTOGRAM_BINS; i++) h[i] = 0;
  for (uint i = 0; i < byteCount; i++) h[((uchar*)data)[i]]++;
}
