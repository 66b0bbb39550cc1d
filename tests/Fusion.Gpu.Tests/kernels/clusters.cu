#include <fusion/ptx/grid.cuh>

using namespace fusion;

// Each block writes its cluster's number, the cluster's size and its own place in it.
__global__ void where_am_i(u32* output) {
  u32* place = output + blockIdx.x * 3;
  place[0] = ptx::cluster_id_x();
  place[1] = ptx::cluster_blocks_x();
  place[2] = ptx::cluster_block_x();
}
