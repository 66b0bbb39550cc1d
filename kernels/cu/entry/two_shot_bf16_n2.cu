#include <fusion/allreduce/two_shot.cuh>
#include <fusion/allreduce/usual_call.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    two_shot_bf16_n2_sum_v1(const __grid_constant__ AllReduceParams params) {
  two_shot<bf16, kPeersOfTwoRanks, kOctetsOfShortRow, SumCall<2>>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    two_shot_bf16_n2_norm_v1(const __grid_constant__ AllReduceParams params) {
  two_shot<bf16, kPeersOfTwoRanks, kOctetsOfShortRow, NormCall<2>>(params);
}
