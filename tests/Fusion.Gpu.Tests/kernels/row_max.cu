#include <fusion/norm/row_registers.cuh>

using namespace fusion;

// The largest of `count` numbers and of their magnitudes. One block of at least `count` threads.
__global__ void row_max(const float* values, float* largest, float* magnitude, int count) {
  __shared__ RowScratch scratches[2];
  RowReducer reducer(scratches, 0, 1);
  const int i = static_cast<int>(threadIdx.x);
  const float value = i < count ? values[i] : -__int_as_float(0x7F800000);
  const float all = reducer.max(value);
  const float absolute = reducer.amax(i < count ? fabsf(value) : 0.0f);
  largest[i] = all;
  magnitude[i] = absolute;
}
