#include <fusion/allreduce/separate.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(1024)
    epilogue_f32_v1(const __grid_constant__ AllReduceParams params) {
  separate_epilogue<float, 1>(params);
}

extern "C" __global__ void __launch_bounds__(1024)
    epilogue_f32_v4(const __grid_constant__ AllReduceParams params) {
  separate_epilogue<float, 4>(params);
}
