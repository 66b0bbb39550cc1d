#include <math.h>
#include <cuda.h>
#include <cuda_runtime.h>
__global__ void forward_kernel(const float* Q, const float* K, const float* V, const int N, const int d,
                               const int Tc, const int Tr, const int Bc, const int Br,
                               const float softmax_scale, float* l, float* m, float* O) {
  int tx = threadIdx.x, bx = blockIdx.x, by = blockIdx.y;
  int qkv_offset = (bx * gridDim.y * N * d) + (by * N * d);
  extern __shared__ float sram[];
  float* Qi = sram;
  float* S = &sram[Bc * d];
  float row_m = -INFINITY;
  for (int y = 0; y < Bc; y++) {
    float sum = 0;
    for (int x = 0; x < d; x++) sum += Qi[(tx * d) + x] * K[qkv_offset + (y * d) + x];
    sum *= softmax_scale;
    S[(Bc * tx) + y] = sum;
    if (sum > row_m) row_m = sum;
  }
  m[tx] = max(row_m, m[tx]);
  O[qkv_offset + tx] = __expf(row_m) * V[qkv_offset + tx];
}
torch::Tensor forward(torch::Tensor Q, torch::Tensor K, torch::Tensor V) {
  const int Bc = 32;
  const int Br = 32;
  const int N = Q.size(2), d = Q.size(3);
  dim3 grid_dim(Q.size(0), Q.size(1));
  forward_kernel<<<grid_dim, dim3(Bc)>>>(Q.data_ptr<float>(), nullptr, nullptr, N, d, 1, 1, Bc, Br, 1.0f,
                                         nullptr, nullptr, nullptr);
  return Q;
}
