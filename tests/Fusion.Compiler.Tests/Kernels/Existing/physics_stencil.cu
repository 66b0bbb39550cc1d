#include <iostream>
#include <fstream>
#include <vector>
#include <functional>
#include <array>
#define RADIUS 4
#define at(p, x, y) p[(y)*nx + (x)]
__constant__ float stencil[RADIUS + 1];
struct Grid {
  int nx, ny;
  __host__ __device__ Grid(int x, int y) : nx(x), ny(y) {}
  __host__ __device__ int size() const { return nx * ny; }
  void save(const char* path, const std::vector<float>& v) const { std::ofstream(path) << v.size(); }
};
template <class Op>
__device__ float combine(float a, float b, Op op) {
  return op(a, b);
}
__global__ void step(const float* in, float* out, Grid grid, std::array<float, 2> weights) {
  int x = blockIdx.x * blockDim.x + threadIdx.x + RADIUS, y = blockIdx.y + RADIUS, nx = grid.nx;
  float value = stencil[0] * at(in, x, y);
#pragma unroll
  for (int r = 1; r <= RADIUS; ++r)
    value += stencil[r] * combine(at(in, x - r, y), at(in, x + r, y), std::plus<float>());
  if (x < grid.size()) at(out, x, y) = value * weights[0];
}
int main() {
  Grid grid(512, 512);
  std::vector<float> field(grid.size());
  grid.save("out.txt", field);
  auto report = [&](int n) { std::cout << n << std::endl; };
  report(1);
}
