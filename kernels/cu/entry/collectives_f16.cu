#include <fusion/collectives/all_gather.cuh>
#include <fusion/collectives/reduce_scatter.cuh>
#include <fusion/collectives/top_k.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kCollectiveThreads)
    all_gather_f16(const __grid_constant__ CollectiveParams params) {
  all_gather<f16, kPeersOfFewRanks>(params);
}

extern "C" __global__ void __launch_bounds__(kCollectiveThreads)
    reduce_scatter_f16(const __grid_constant__ CollectiveParams params) {
  reduce_scatter<f16, kPeersOfFewRanks>(params);
}

extern "C" __global__ void __launch_bounds__(kSelectionThreads)
    top_k_f16(const __grid_constant__ CollectiveParams params) {
  top_k<f16, kPeersOfFewRanks>(params);
}
