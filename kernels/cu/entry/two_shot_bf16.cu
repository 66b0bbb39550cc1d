#include <fusion/allreduce/two_shot.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    two_shot_bf16_p1_v1(const __grid_constant__ AllReduceParams params) {
  two_shot<bf16, kPeersOfTwoRanks, kOctetsOfShortRow>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    two_shot_bf16_p3_v1(const __grid_constant__ AllReduceParams params) {
  two_shot<bf16, kPeersOfFewRanks, kOctetsOfShortRow>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    two_shot_bf16_p7_v1(const __grid_constant__ AllReduceParams params) {
  two_shot<bf16, kPeersOfManyRanks, kOctetsOfShortRow>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    two_shot_bf16_p3_v4(const __grid_constant__ AllReduceParams params) {
  two_shot<bf16, kPeersOfFewRanks, kOctetsOfLongRow>(params);
}
