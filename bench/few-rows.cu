// Times of matmuls of few rows of FP8 alone, and of gate and up with SwiGLU behind them in one kernel and in
// two. Each has an empty kernel ahead of it (about 1 us), launches overlap as in a decode step, and
// neighbouring calls have weights of their own, 250 MB together.
//   nvcc -O3 -std=c++17 -arch=sm_90 --expt-relaxed-constexpr -I kernels/cu -I samples/Llama/Gpu/kernels \
//     -o few-rows bench/few-rows.cu && ./few-rows
#include "../src/Fusion.Graph/kernels/skinny_matmul.cu"
#define multiply multiply_gated
#include "../samples/Llama/Gpu/kernels/gated_matmul.cu"
#undef multiply

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#define CUDA(call)                                                                       \
  do {                                                                                   \
    const cudaError_t error_ = (call);                                                   \
    if (error_ != cudaSuccess) {                                                         \
      fprintf(stderr, "%s: %s, line %d\n", #call, cudaGetErrorString(error_), __LINE__); \
      exit(1);                                                                           \
    }                                                                                    \
  } while (0)

namespace {

constexpr int kCalls = 40, kRuns = 9;

__global__ void fill(u32* words, size_t count) {
  const size_t stride = static_cast<size_t>(gridDim.x) * blockDim.x;
  for (size_t i = blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x; i < count; i += stride) {
    u32 hash = static_cast<u32>(i) * 2654435761u;
    hash ^= hash >> 15;
    words[i] = (hash & 0x8f8f8f8fu) | 0x20202020u;  // codes of both signs, none of them NaN
  }
}

__global__ void empty() {
  ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();
}

// As the sample's kernel, whose headers have functions that a host compiler does not know.
__global__ void swiglu(const bf16* gate, const bf16* up, const float* scale, e4m3* y, i64 pitch, i64 rows,
                       int columns) {
  ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();
  const i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= rows * columns / 8) return;
  const i64 row = i / (columns / 8), column = i % (columns / 8) * 8, from = row * pitch + column;
  const Vec16<bf16> g = ptx::ld_global_nc_vec16(gate + from), u = ptx::ld_global_nc_vec16(up + from);
  const Output<e4m3> output{y, __fdiv_rn(1.0f, *scale)};
  for (int j = 0; j < 8; j++)
    output.store(row * columns + column + j,
                 ptx::round_to<bf16>(llama::silu_times(to_float(g.items[j]), to_float(u.items[j]))));
}

template <class... A>
void launch(cudaStream_t stream, void (*kernel)(A...), int grid, int block, A... arguments) {
  cudaLaunchAttribute overlap{};
  overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  overlap.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(grid);
  config.blockDim = dim3(block);
  config.stream = stream;
  config.attrs = &overlap;
  config.numAttrs = 1;
  CUDA(cudaLaunchKernelEx(&config, kernel, arguments...));
}

double microseconds(cudaStream_t stream, const std::function<void(int)>& call) {
  cudaGraph_t graph;
  cudaGraphExec_t runnable;
  CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  for (int i = 0; i < kCalls; i++) {
    launch(stream, empty, 132, 128);
    call(i);
  }
  CUDA(cudaStreamEndCapture(stream, &graph));
  CUDA(cudaGraphInstantiate(&runnable, graph, 0));
  cudaEvent_t begin, end;
  CUDA(cudaEventCreate(&begin));
  CUDA(cudaEventCreate(&end));
  std::vector<float> times;
  for (int run = 0; run < kRuns; run++) {
    CUDA(cudaEventRecord(begin, stream));
    CUDA(cudaGraphLaunch(runnable, stream));
    CUDA(cudaEventRecord(end, stream));
    CUDA(cudaStreamSynchronize(stream));
    float milliseconds;
    CUDA(cudaEventElapsedTime(&milliseconds, begin, end));
    if (run > 1) times.push_back(milliseconds * 1000 / kCalls);
  }
  std::sort(times.begin(), times.end());
  CUDA(cudaGraphExecDestroy(runnable));
  CUDA(cudaGraphDestroy(graph));
  return times[times.size() / 2];
}

}  // namespace

int main() {
  // Of Llama 3 8B and Qwen3 32B, as a rank of 2 or 4 GPUs has them: gate and up, down, queries with keys and
  // values, o.
  const int shapes[][2] = {{14336, 4096}, {25600, 5120}, {7168, 4096}, {12800, 5120},
                           {4096, 7168},  {5120, 12800}, {5120, 5120}, {4096, 2048}};
  cudaStream_t stream;
  CUDA(cudaStreamCreate(&stream));
  printf("columns,depth,rows,kernels,microseconds,terabytes_per_second\n");
  for (const auto& shape : shapes) {
    const int columns = shape[0], depth = shape[1];
    const size_t bytes = static_cast<size_t>(columns) * depth;
    const int weights = static_cast<int>(std::max<size_t>(2, 250000000 / bytes));
    e4m3 *w, *x, *z;
    bf16* y;
    float* scales;
    CUDA(cudaMalloc(&w, bytes * weights));
    CUDA(cudaMalloc(&x, 8 * static_cast<size_t>(depth)));
    CUDA(cudaMalloc(&y, 16 * static_cast<size_t>(columns)));
    CUDA(cudaMalloc(&z, 8 * static_cast<size_t>(columns)));
    CUDA(cudaMalloc(&scales, 3 * sizeof(float)));
    const float values[] = {0.01f, 0.0005f, 0.00002f};
    CUDA(cudaMemcpy(scales, values, sizeof values, cudaMemcpyHostToDevice));
    fill<<<1024, 256>>>(reinterpret_cast<u32*>(w), bytes * weights / 4);
    fill<<<64, 256>>>(reinterpret_cast<u32*>(x), 2 * static_cast<size_t>(depth));
    CUDA(cudaDeviceSynchronize());
    for (const int rows : {1, 8}) {
      const auto report = [&](const char* name, double time) {
        printf("%d,%d,%d,%s,%.2f,%.2f\n", columns, depth, rows, name, time, bytes / time / 1e6);
      };
      const auto matmul = [&](decltype(&skinny_e4m3_bf16_8) kernel, int of_block, int i, int next) {
        launch(stream, kernel, (columns + of_block - 1) / of_block, 256, static_cast<const e4m3*>(x),
               static_cast<const e4m3*>(w + bytes * (i % weights)), y, static_cast<const bf16*>(nullptr),
               static_cast<const float*>(scales), static_cast<const float*>(scales + 1), 0, 1.0f, rows,
               columns, depth, next, 1024);
      };
      const int half = columns / 2;
      const auto gate = [&] {
        launch(stream, swiglu, (rows * half / 8 + 255) / 256, 256, static_cast<const bf16*>(y),
               static_cast<const bf16*>(y + half), static_cast<const float*>(scales + 2), z,
               static_cast<i64>(columns), static_cast<i64>(rows), half);
      };
      const auto gated = [&](decltype(&gated_fp8_bf16) kernel, int of_block, int i) {
        launch(stream, kernel, (half + of_block - 1) / of_block, 256, static_cast<const e4m3*>(x),
               static_cast<const e4m3*>(w + bytes * (i % weights)), z, static_cast<const float*>(scales),
               static_cast<const float*>(scales + 1), static_cast<const float*>(scales + 2), rows, half,
               depth, 1024);
      };
      report("matmul", microseconds(stream, [&](int i) { matmul(skinny_e4m3_bf16_8, 16, i, 0); }));
      report("matmul wide", microseconds(stream, [&](int i) { matmul(skinny_e4m3_bf16_8_wide, 32, i, 0); }));
      report("matmul + swiglu", microseconds(stream, [&](int i) {
               matmul(skinny_e4m3_bf16_8, 16, i, 1);
               gate();
             }));
      report("gated", microseconds(stream, [&](int i) { gated(gated_fp8_bf16, 8, i); }));
      report("gated wide", microseconds(stream, [&](int i) { gated(gated_fp8_bf16_wide, 16, i); }));
    }
    CUDA(cudaFree(w));
    CUDA(cudaFree(x));
    CUDA(cudaFree(y));
    CUDA(cudaFree(z));
    CUDA(cudaFree(scales));
  }
}
