#pragma once

#include <fusion/collectives/params.cuh>

namespace fusion {

/// Puts what another library has gathered where an all-gather along columns has it. A unit is 16 bytes here,
/// whatever the type: `input` has the units `first` to `first + count` - 1 of each rank's matrix, in the
/// order of the ranks, and a row of a rank's matrix has `part_octets` units.
///
/// Participants: all threads of the grid; it waits for no other rank. Grid: of x in any number, of y as many
/// as ranks. Block: of x alone, in any number. The launches of a rank follow each other in a stream.
__device__ __forceinline__ void place_columns(const CollectiveParams& params) {
  ptx::griddepcontrol_wait();
  const int rank = static_cast<int>(blockIdx.y);
  const Words16* const from = reinterpret_cast<const Words16*>(params.input) + rank * params.count;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < params.count; i += threads) {
    const i64 place = place_in_columns(params, rank, params.first + i);
    ptx::st_global(reinterpret_cast<Words16*>(params.output) + place, ptx::ld_global_nc(from + i));
  }
}

}  // namespace fusion
