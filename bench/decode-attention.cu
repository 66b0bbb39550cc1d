// Times of the Llama sample's decode attention alone, by the number of blocks that share a sequence. Each
// launch has a layer's keys and values of its own, more in all than the L2 cache holds, and an empty kernel
// ahead of it, with and without programmatic dependent launch.
//   nvcc -O3 -std=c++17 -arch=sm_90 --expt-relaxed-constexpr -I kernels/cu -I samples/Llama/Gpu/kernels \
//     -o decode-attention bench/decode-attention.cu && ./decode-attention
// Columns: query heads a head of keys and values, sequences, heads of keys and values, blocks a sequence,
// whether launches overlap, microseconds, clusters at a time. The hash of the results must not depend on
// blocks.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

#include "attention_decode.cuh"

using namespace llama;

#define CHECK(call)                                                                     \
  do {                                                                                  \
    const cudaError_t error = (call);                                                   \
    if (error != cudaSuccess) {                                                         \
      fprintf(stderr, "%s, line %d: %s\n", #call, __LINE__, cudaGetErrorString(error)); \
      exit(1);                                                                          \
    }                                                                                   \
  } while (0)

namespace {

constexpr int kHeadSize = 128, kLayers = 8, kContext = 550, kPages = 40, kLaunches = 40, kReplays = 13;

__global__ void __launch_bounds__(128, 3) decode(DecodeCall<bf16> call, const int* decodes) {
  attend_decode<bf16, kHeadSize>(call, decodes);
}

__global__ void ahead() {
  ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();
}

// Numbers of either sign from 0.008 to 0.03.
__global__ void fill(unsigned* pairs, size_t count, unsigned seed) {
  for (size_t i = blockIdx.x * size_t{256} + threadIdx.x; i < count; i += gridDim.x * size_t{256}) {
    unsigned h = static_cast<unsigned>(i) * 2654435761u + seed;
    h = (h ^ h >> 15) * 2246822519u;
    pairs[i] = 0x3c003c00u | ((h ^ h >> 13) & 0x80ff80ffu);
  }
}

template <class V>
V* allocate(size_t count) {
  V* memory;
  CHECK(cudaMalloc(&memory, count * sizeof(V)));
  return memory;
}

int* copy(const std::vector<int>& values) {
  int* const memory = allocate<int>(values.size());
  CHECK(cudaMemcpy(memory, values.data(), values.size() * sizeof(int), cudaMemcpyHostToDevice));
  return memory;
}

void run(int share, int rows, int kv_heads) {
  const int heads = share * kv_heads;
  const size_t layer = size_t{kPages} * rows * kv_heads * kPageSize * kHeadSize;
  const size_t results = size_t{1} * rows * heads * kHeadSize;
  bf16 *const keys = allocate<bf16>(layer * kLayers), *const values = allocate<bf16>(layer * kLayers);
  bf16* const queries = allocate<bf16>(results);
  unsigned short* const y = allocate<unsigned short>(results);
  fill<<<512, 256>>>(reinterpret_cast<unsigned*>(keys), layer * kLayers / 2, 1);
  fill<<<512, 256>>>(reinterpret_cast<unsigned*>(values), layer * kLayers / 2, 2);
  fill<<<512, 256>>>(reinterpret_cast<unsigned*>(queries), results / 2, 3);
  std::vector<int> sequences(rows), tables(rows * kPages);
  for (int i = 0; i < rows; i++) sequences[i] = i;
  for (int i = 0; i < rows * kPages; i++) tables[i] = i ^ 1;
  int *const of_sequences = copy(sequences), *const of_tables = copy(tables), *const decodes = copy({rows});
  int* const positions = copy(std::vector<int>(rows, kContext - 1));

  const int shared = sizeof(DecodeBlock<bf16, kHeadSize>::Shared);
  CHECK(cudaFuncSetAttribute(decode, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));
  for (int blocks : {1, 2, 4, 8})
    for (int overlaps : {0, 1}) {
      cudaLaunchAttribute attributes[2];
      attributes[0].id = cudaLaunchAttributeClusterDimension;
      attributes[0].val.clusterDim.x = blocks;
      attributes[0].val.clusterDim.y = attributes[0].val.clusterDim.z = 1;
      attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
      attributes[1].val.programmaticStreamSerializationAllowed = 1;
      cudaStream_t stream;
      CHECK(cudaStreamCreate(&stream));
      cudaLaunchConfig_t before{}, config{};
      before.gridDim = dim3(132);
      before.blockDim = config.blockDim = dim3(128);
      before.stream = config.stream = stream;
      config.gridDim = dim3(blocks, kv_heads, rows);
      config.dynamicSmemBytes = shared;
      before.attrs = attributes + 1;
      config.attrs = attributes;
      before.numAttrs = overlaps;
      config.numAttrs = 1;
      int at_a_time;
      CHECK(cudaOccupancyMaxActiveClusters(&at_a_time, decode, &config));
      config.numAttrs = 1 + overlaps;

      CHECK(cudaMemset(y, 0xFF, results * 2));
      CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
      for (int i = 0; i < kLaunches; i++) {
        CHECK(cudaLaunchKernelEx(&before, ahead));
        const DecodeCall<bf16> call{queries,
                                    {y, nullptr},
                                    keys + layer * (i % kLayers),
                                    values + layer * (i % kLayers),
                                    positions,
                                    of_sequences,
                                    {of_tables, kPages, kv_heads, kHeadSize},
                                    heads,
                                    0.1275f};
        CHECK(cudaLaunchKernelEx(&config, decode, call, static_cast<const int*>(decodes)));
      }
      cudaGraph_t graph;
      cudaGraphExec_t executable;
      CHECK(cudaStreamEndCapture(stream, &graph));
      CHECK(cudaGraphInstantiate(&executable, graph, 0));
      cudaEvent_t begin, end;
      CHECK(cudaEventCreate(&begin));
      CHECK(cudaEventCreate(&end));
      std::vector<float> times;
      for (int i = 0; i < kReplays; i++) {
        CHECK(cudaEventRecord(begin, stream));
        CHECK(cudaGraphLaunch(executable, stream));
        CHECK(cudaEventRecord(end, stream));
        CHECK(cudaStreamSynchronize(stream));
        float ms;
        CHECK(cudaEventElapsedTime(&ms, begin, end));
        times.push_back(ms * 1000 / kLaunches);
      }
      std::sort(times.begin() + 3, times.end());
      std::vector<unsigned short> got(results);
      CHECK(cudaMemcpy(got.data(), y, results * 2, cudaMemcpyDeviceToHost));
      unsigned hash = 0;
      for (unsigned short bits : got) hash = hash * 31 + bits;
      printf("%d,%d,%d,%d,%d,%.2f,%d,%08x\n", share, rows, kv_heads, blocks, overlaps,
             times[3 + (kReplays - 3) / 2], at_a_time, hash);
      fflush(stdout);
      CHECK(cudaGraphExecDestroy(executable));
      CHECK(cudaGraphDestroy(graph));
      CHECK(cudaStreamDestroy(stream));
    }
  for (void* memory : {static_cast<void*>(keys), static_cast<void*>(values), static_cast<void*>(queries),
                       static_cast<void*>(y), static_cast<void*>(of_sequences), static_cast<void*>(of_tables),
                       static_cast<void*>(decodes), static_cast<void*>(positions)})
    CHECK(cudaFree(memory));
}

}  // namespace

int main() {
  printf("share,rows,kv_heads,blocks,overlaps,us,clusters_at_a_time,hash\n");
  for (int rows : {1, 8, 32})
    for (int kv_heads : {4, 2})
      for (int share : {4, 8}) run(share, rows, kv_heads);
}
