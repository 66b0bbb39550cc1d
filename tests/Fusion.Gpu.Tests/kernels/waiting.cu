#include <fusion/ptx/grid.cuh>
#include <fusion/ptx/warp.cuh>

using namespace fusion;

namespace {

// Waits until another kernel sets the flag, for some tenths of a second, so that a test fails and does not
// hang.
__device__ int saw(volatile int* flag) {
  for (int i = 0; i < 200000; i++) {
    if (*flag != 0) return 1;
    __nanosleep(1000);
  }
  return 0;
}

}  // namespace

// One thread.
__global__ void wait_for_flag(volatile int* flag, int* seen) { *seen = saw(flag); }

// One thread.
__global__ void raise_flag(volatile int* flag) {
  *flag = 1;
  __threadfence();
}

// One thread. Lets the next kernel start, waits for its flag, and only then writes what that one reads.
__global__ void produce(volatile int* flag, int* seen, int* value) {
  ptx::griddepcontrol_launch_dependents();
  *seen = saw(flag);
  *value = 42;
}

// One thread. The flag is raised before the wait, so it shows that both kernels ran at once.
__global__ void consume(volatile int* flag, const volatile int* value, int* copy) {
  *flag = 1;
  __threadfence();
  ptx::griddepcontrol_wait();
  *copy = *value;
}

// Any number of threads. Holds its blocks' places for so many nanoseconds.
__global__ void hold(u64 nanoseconds) {
  const u64 start = ptx::globaltimer();
  while (ptx::globaltimer() - start < nanoseconds) __nanosleep(1000);
}

// One thread. Runs for so many cycles.
__global__ void spin(long long cycles) {
  const long long start = clock64();
  while (clock64() - start < cycles) {
  }
}
