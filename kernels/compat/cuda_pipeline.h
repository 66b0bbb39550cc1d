#pragma once

#include "vector_types.h"
#include "cuda_pipeline_primitives.h"

namespace nvcuda {
namespace experimental {

/// The copies of one thread, in groups that are waited for in order.
class pipeline {
 public:
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;
  FUSION_COMPAT_DEVICE pipeline() : committed(0) {}
  /// Closes a group and gives its number.
  FUSION_COMPAT_DEVICE size_t commit() {
    __pipeline_commit();
    return committed++;
  }
  FUSION_COMPAT_DEVICE void commit_and_wait() {
    commit();
    wait_prior<0>();
  }
  FUSION_COMPAT_DEVICE void wait(size_t group) { __pipeline_wait_prior(committed - group - 1); }
  template <unsigned Newest>
  FUSION_COMPAT_DEVICE void wait_prior() {
    __pipeline_wait_prior(Newest);
  }

 private:
  size_t committed;
};

template <class T>
FUSION_COMPAT_DEVICE void memcpy_async(T& to_shared, const T& from_global, pipeline&) {
  __pipeline_memcpy_async(&to_shared, &from_global, sizeof(T));
}

}  // namespace experimental
}  // namespace nvcuda
