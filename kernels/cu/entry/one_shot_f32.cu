#include <fusion/allreduce/one_shot.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    one_shot_f32_p1_v1(const __grid_constant__ AllReduceParams params) {
  one_shot<float, kPeersOfTwoRanks, kOctetsOfShortRow>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    one_shot_f32_p3_v1(const __grid_constant__ AllReduceParams params) {
  one_shot<float, kPeersOfFewRanks, kOctetsOfShortRow>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    one_shot_f32_p3_v4(const __grid_constant__ AllReduceParams params) {
  one_shot<float, kPeersOfFewRanks, kOctetsOfLongRow>(params);
}
