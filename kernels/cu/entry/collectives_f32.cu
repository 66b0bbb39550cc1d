#include <fusion/collectives/all_gather.cuh>
#include <fusion/collectives/reduce_scatter.cuh>
#include <fusion/collectives/top_k.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kCollectiveThreads)
    all_gather_f32(const __grid_constant__ CollectiveParams params) {
  all_gather<float, kPeersOfFewRanks>(params);
}

extern "C" __global__ void __launch_bounds__(kCollectiveThreads)
    reduce_scatter_f32(const __grid_constant__ CollectiveParams params) {
  reduce_scatter<float, kPeersOfFewRanks>(params);
}

extern "C" __global__ void __launch_bounds__(kSelectionThreads)
    top_k_f32(const __grid_constant__ CollectiveParams params) {
  top_k<float, kPeersOfFewRanks>(params);
}
