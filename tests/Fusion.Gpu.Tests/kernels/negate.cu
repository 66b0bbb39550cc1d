#include <fusion/base/integers.cuh>

using namespace fusion;

// -x of `count` elements of `size` bytes, to the bit: a custom op of the graph tests. Any grid along x.
extern "C" __global__ void negate(const u8* from, u8* to, i64 count, int size) {
  const i64 stride = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < count * size; i += stride)
    to[i] = static_cast<u8>(from[i] ^ (i % size == size - 1 ? 0x80 : 0));
}
