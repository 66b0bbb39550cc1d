#include <fusion/allreduce/one_shot.cuh>
#include <fusion/allreduce/usual_call.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    one_shot_f16_n4_sum_v1(const __grid_constant__ AllReduceParams params) {
  one_shot<f16, kPeersOfFewRanks, kOctetsOfShortRow, SumCall<4>>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    one_shot_f16_n4_norm_v1(const __grid_constant__ AllReduceParams params) {
  one_shot<f16, kPeersOfFewRanks, kOctetsOfShortRow, NormCall<4>>(params);
}
