#include <fusion/allreduce/one_shot.cuh>
#include <fusion/allreduce/usual_call.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    one_shot_bf16_n2_sum_v1(const __grid_constant__ AllReduceParams params) {
  one_shot<bf16, kPeersOfTwoRanks, kOctetsOfShortRow, SumCall<2>>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    one_shot_bf16_n2_norm_v1(const __grid_constant__ AllReduceParams params) {
  one_shot<bf16, kPeersOfTwoRanks, kOctetsOfShortRow, NormCall<2>>(params);
}
