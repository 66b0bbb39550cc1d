#include <cuda_runtime.h>
#include <stdint.h>
cudaArray *d_array, *d_tempArray;
typedef struct {
  int width;
  int height;
  size_t pitch;
} ImageSize;
__device__ float4 rgbaIntToFloat(uint c) {
  float4 rgba;
  rgba.x = (c & 0xff) * 0.003921568627f;
  rgba.y = ((c >> 8) & 0xff) * 0.003921568627f;
  rgba.z = ((c >> 16) & 0xff) * 0.003921568627f;
  rgba.w = ((c >> 24) & 0xff) * 0.003921568627f;
  return rgba;
}
__device__ uint rgbaFloatToInt(float4 rgba) {
  return ((uint)(__saturatef(rgba.w) * 255.0f) << 24) | ((uint)(__saturatef(rgba.x) * 255.0f));
}
__global__ void d_boxfilter_rgba_x(uint* od, int w, int h, int r, cudaTextureObject_t rgbaTex) {
  unsigned int y = blockIdx.x * blockDim.x + threadIdx.x;
  if (y < h) {
    float4 t = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    for (int x = -r; x <= r; x++) t.x += tex2D<float4>(rgbaTex, x, y).x;
    od[y * w] = rgbaFloatToInt(t);
  }
}
__global__ void threshold(const uchar4* __restrict__ in, uchar4* out, ImageSize size) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y;
  if (x >= size.width) return;
  uchar4 p = in[y * size.width + x];
  uint8_t grey = (uint8_t)((p.x * 77 + p.y * 151 + p.z * 28) >> 8);
  out[y * size.width + x] = make_uchar4(grey, grey, grey, 255);
}
extern "C" void initTexture(int width, int height, void* pImage) {
  cudaChannelFormatDesc channelDesc = cudaCreateChannelDesc(8, 8, 8, 8, cudaChannelFormatKindUnsigned);
  cudaMallocArray(&d_array, &channelDesc, width, height);
}
