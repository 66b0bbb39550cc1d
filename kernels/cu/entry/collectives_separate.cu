#include <fusion/collectives/failure_word.cuh>
#include <fusion/collectives/place_columns.cuh>
#include <fusion/collectives/separate_top_k.cuh>

using namespace fusion;

extern "C" __global__ void __launch_bounds__(kCollectiveThreads)
    place_columns(const __grid_constant__ CollectiveParams params) {
  fusion::place_columns(params);
}

extern "C" __global__ void __launch_bounds__(kSelectionThreads)
    choose_columns_bf16(const __grid_constant__ CollectiveParams params) {
  choose_columns<bf16>(params);
}

extern "C" __global__ void __launch_bounds__(kSelectionThreads)
    choose_columns_f16(const __grid_constant__ CollectiveParams params) {
  choose_columns<f16>(params);
}

extern "C" __global__ void __launch_bounds__(kSelectionThreads)
    choose_columns_f32(const __grid_constant__ CollectiveParams params) {
  choose_columns<float>(params);
}

extern "C" __global__ void __launch_bounds__(kCollectiveThreads)
    merge_choices(const __grid_constant__ CollectiveParams params) {
  fusion::merge_choices(params);
}

extern "C" __global__ void __launch_bounds__(1)
    write_failure_word(const __grid_constant__ CollectiveParams params) {
  fusion::write_failure_word(params);
}

extern "C" __global__ void __launch_bounds__(1)
    read_failure_word(const __grid_constant__ CollectiveParams params) {
  fusion::read_failure_word(params);
}
