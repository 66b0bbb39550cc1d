#pragma once

#include <fusion/allreduce/epilogue.cuh>
#include <fusion/ptx/grid.cuh>

namespace fusion {

/// The epilogue kernel: residual, norm and quantization of rows that are summed already, by a library or by a
/// plain all-reduce. It waits for no other rank.
///
/// Grid: x blocks share a row, a cluster of them if there are several; y is any number of blocks, which
/// stride over the rows. Block: as one_shot. Participants: all threads of the grid.
template <class T, int V, class Call = AnyCall>
__device__ __forceinline__ void epilogue_kernel(const AllReduceParams& params) {
  __shared__ EpilogueShared shared;
  touch(params);
  ptx::griddepcontrol_wait();
  if (params.overlap != 0) ptx::griddepcontrol_launch_dependents();

  Epilogue<T, V, Call> epilogue(params, shared);
  pad_scales<Call>(params);
#pragma unroll 1
  for (int row = epilogue.first_row(); row < params.tokens; row += epilogue.row_stride()) {
    Octet<T> residual[V] = {}, sum[V] = {};
    epilogue.prefetch(row, residual);
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++)
      if (epilogue.has(v)) sum[v] = load_octet(epilogue.at(params.input, row, v));
    epilogue.finish(row, sum, residual);
  }
}

}  // namespace fusion
