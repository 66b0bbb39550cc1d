// One thread.
extern "C" __global__ void touch(float* values, int count, float factor) {
  if (count > 0) values[0] *= factor;
}
