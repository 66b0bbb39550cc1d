#include <stdio.h>
#include <cuda.h>
#define SHARED_SIZE_LIMIT 1024U

__device__ inline void Comparator(uint& keyA, uint& valA, uint& keyB, uint& valB, uint dir) {
  if ((keyA > keyB) == dir) {
    uint t = keyA;
    keyA = keyB;
    keyB = t;
    t = valA;
    valA = valB;
    valB = t;
  }
}

__global__ void bitonicSortShared(uint* d_Key, uint* d_Val, uint arrayLength, uint dir) {
  __shared__ uint s_key[SHARED_SIZE_LIMIT], s_val[SHARED_SIZE_LIMIT];
  s_key[threadIdx.x] = d_Key[blockIdx.x * SHARED_SIZE_LIMIT + threadIdx.x];
  s_val[threadIdx.x] = d_Val[blockIdx.x * SHARED_SIZE_LIMIT + threadIdx.x];
  for (uint size = 2; size < arrayLength; size <<= 1) {
    uint ddd = dir ^ ((threadIdx.x & (size / 2)) != 0);
    for (uint stride = size / 2; stride > 0; stride >>= 1) {
      __syncthreads();
      uint pos = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
      if (pos + stride < SHARED_SIZE_LIMIT)
        Comparator(s_key[pos], s_val[pos], s_key[pos + stride], s_val[pos + stride], ddd);
    }
  }
  __syncthreads();
  d_Key[blockIdx.x * SHARED_SIZE_LIMIT + threadIdx.x] = s_key[threadIdx.x];
}

extern "C" uint bitonicSort(uint* d_DstKey, uint* d_DstVal, uint batchSize, uint arrayLength, uint dir) {
  if (arrayLength < 2) return 0;
  bitonicSortShared<<<batchSize, 512>>>(d_DstKey, d_DstVal, arrayLength, dir);
  return 512;
}
