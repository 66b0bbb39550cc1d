#include <fusion/allreduce/epilogue_kernel.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    epilogue_f16_v1(const __grid_constant__ AllReduceParams params) {
  epilogue_kernel<f16, kOctetsOfShortRow>(params);
}

extern "C" __global__ void __launch_bounds__(kMaxThreads)
    epilogue_f16_v4(const __grid_constant__ AllReduceParams params) {
  epilogue_kernel<f16, kOctetsOfLongRow>(params);
}
