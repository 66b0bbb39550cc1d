#include <cuda_runtime.h>
#include <device_launch_parameters.h>
#include <string>
#include <map>

constexpr int TILE_DIM = 32;
constexpr int BLOCK_ROWS = 8;
constexpr int tiles(int n) { return (n + TILE_DIM - 1) / TILE_DIM; }

struct Options {
  std::string name;
  std::map<std::string, int> values;
  Options(int argc, char** argv);
  int get(const std::string& key) const { return values.at(key); }
};
Options::Options(int argc, char** argv) : name(argv[0]) {}

__global__ void transposeCoalesced(float* odata, const float* idata) {
  __shared__ float tile[TILE_DIM][TILE_DIM + 1];
  int x = blockIdx.x * TILE_DIM + threadIdx.x;
  int y = blockIdx.y * TILE_DIM + threadIdx.y;
  int width = gridDim.x * TILE_DIM;
  static_assert(tiles(64) == 2, "");
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
    tile[threadIdx.y + j][threadIdx.x] = idata[(y + j) * width + x];
  __syncthreads();
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
    odata[(y + j) * width + x] = tile[threadIdx.x][threadIdx.y + j];
}

int main() {
  Options* options = nullptr;
  try {
    return options->get("n");
  } catch (...) {
    return 1;
  }
}
