#include <fusion/allreduce/separate.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(1024)
    epilogue_f16_v1(const __grid_constant__ AllReduceParams params) {
  separate_epilogue<f16, 1>(params);
}

extern "C" __global__ void __launch_bounds__(1024)
    epilogue_f16_v4(const __grid_constant__ AllReduceParams params) {
  separate_epilogue<f16, 4>(params);
}
