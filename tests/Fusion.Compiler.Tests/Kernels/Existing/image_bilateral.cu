#include <math_constants.h>
#include <cuda_runtime.h>
__constant__ float cGaussian[64];
cudaTextureObject_t rgbaTexdImage;
uint* dImage = NULL;
__device__ float euclideanLen(float4 a, float4 b, float d) {
  float mod = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y) + (b.z - a.z) * (b.z - a.z);
  return __expf(-mod / (2.f * d * d));
}
__global__ void d_bilateral_filter(uint* od, int w, int h, float e_d, int r, cudaTextureObject_t rgbaTex) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= w || y >= h) return;
  float sum = 0.0f;
  float4 center = tex2D<float4>(rgbaTex, x, y), t = {0.f, 0.f, 0.f, 0.f};
  for (int i = -r; i <= r; i++) {
    float4 curPix = tex2D<float4>(rgbaTex, x + i, y);
    float factor = cGaussian[i + r] * euclideanLen(curPix, center, e_d);
    t.x += factor * curPix.x;
    sum += factor;
  }
  od[y * w + x] = (uint)(t.x / sum * CUDART_PI_F);
}
extern "C" void updateGaussian(float delta, int radius) {
  float fGaussian[64];
  for (int i = 0; i < 2 * radius + 1; ++i)
    fGaussian[i] = expf(-(i - radius) * (i - radius) / (2 * delta * delta));
  cudaMemcpyToSymbol(cGaussian, fGaussian, sizeof(float) * (2 * radius + 1));
}
extern "C" double bilateralFilterRGBA(uint* dDest, int width, int height, float e_d, int radius,
                                      int iterations) {
  for (int i = 0; i < iterations; i++) {
    dim3 gridSize((width + 16 - 1) / 16, (height + 16 - 1) / 16);
    dim3 blockSize(16, 16);
    d_bilateral_filter<<<gridSize, blockSize>>>(dDest, width, height, e_d, radius, rgbaTexdImage);
  }
  return 0;
}
