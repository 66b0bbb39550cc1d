#include <cuda_runtime.h>
#include <surface_functions.h>
struct Frame {
  cudaSurfaceObject_t target;
  int width, height;
};
__global__ void fill(Frame frame, uchar4 colour) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < frame.width && y < frame.height) surf2Dwrite(colour, frame.target, x * (int)sizeof(uchar4), y);
}
class Renderer {
 public:
  Renderer(int w, int h) : width(w), height(h) { cudaMallocArray(&array, nullptr, w, h); }
  ~Renderer() { cudaFreeArray(array); }
  void draw() {
    fill<<<dim3(width / 16, height / 16), dim3(16, 16)>>>(Frame{0, width, height}, make_uchar4(1, 2, 3, 4));
  }

 private:
  cudaArray_t array;
  int width, height;
};
