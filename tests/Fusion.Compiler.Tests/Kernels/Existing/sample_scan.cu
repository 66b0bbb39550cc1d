#include <assert.h>
#include <cooperative_groups.h>
#include <cooperative_groups/scan.h>
#include <chrono>
namespace cg = cooperative_groups;

#define THREADBLOCK_SIZE 256
typedef unsigned int uint_type;

inline __device__ uint scan1Inclusive(uint idata, volatile uint* s_Data, uint size, cg::thread_block cta) {
  uint pos = 2 * threadIdx.x - (threadIdx.x & (size - 1));
  s_Data[pos] = 0;
  pos += size;
  s_Data[pos] = idata;
  for (uint offset = 1; offset < size; offset <<= 1) {
    cg::sync(cta);
    uint t = s_Data[pos] + s_Data[pos - offset];
    cg::sync(cta);
    s_Data[pos] = t;
  }
  return s_Data[pos];
}

__global__ void scanExclusiveShared(uint4* d_Dst, uint4* d_Src, uint size) {
  cg::thread_block cta = cg::this_thread_block();
  __shared__ uint s_Data[2 * THREADBLOCK_SIZE];
  uint pos = blockIdx.x * blockDim.x + threadIdx.x;
  uint4 idata4 = d_Src[pos];
  idata4.y += idata4.x;
  uint before = scan1Inclusive(idata4.y, s_Data, size / 4, cta) - idata4.y;
  d_Dst[pos] = make_uint4(before, before + idata4.x, before + idata4.y, before);
}

__global__ void warpScan(int* data) {
  auto tile = cg::tiled_partition<32>(cg::this_thread_block());
  data[threadIdx.x] = cg::exclusive_scan(tile, data[threadIdx.x]);
}

static uint* d_Buf;
extern "C" void initScan(void) { cudaMalloc((void**)&d_Buf, 1024 * sizeof(uint)); }
extern "C" void closeScan(void) { cudaFree(d_Buf); }
static uint iDivUp(uint dividend, uint divisor) {
  return ((dividend % divisor) == 0) ? (dividend / divisor) : (dividend / divisor + 1);
}
