#include <fusion/comm/workspace.cuh>

using namespace fusion;

// What each block is told of the call that it enters. `failed_call` is the call in which rank 3 did not come;
// -1 for none. `words` are a Control.
__global__ void entered_call(unsigned* words, long long failed_call, unsigned* numbers, unsigned* refused) {
  Control* control = reinterpret_cast<Control*>(words);
  __shared__ CallTicket shared;
  if (threadIdx.x == 0 && failed_call >= 0)
    atomicCAS(&control->failed, 0u, Failure::of(static_cast<u32>(failed_call), 3));
  __syncthreads();
  const CallTicket ticket = enter_call(control, shared);
  if (threadIdx.x != 0) return;
  numbers[blockIdx.x] = ticket.number;
  refused[blockIdx.x] = ticket.refused ? 1 : 0;
}
