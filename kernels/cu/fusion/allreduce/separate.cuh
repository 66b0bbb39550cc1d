#pragma once

#include <fusion/allreduce/epilogue.cuh>
#include <fusion/ptx/grid.cuh>

namespace fusion {

/// Residual, norm and quantization of rows that are already reduced: what follows the all-reduce of a
/// library. Grid: any number of blocks; block as one_shot. It waits for nobody.
template <class T, int V, class Call = AnyCall>
__device__ __forceinline__ void separate_epilogue(const AllReduceParams& params) {
  __shared__ EpilogueShared shared;
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
