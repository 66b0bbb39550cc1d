#pragma once

#include "../functional"

namespace cooperative_groups {

template <class T>
using plus = std::plus<T>;
template <class T>
using bit_and = std::bit_and<T>;
template <class T>
using bit_or = std::bit_or<T>;
template <class T>
using bit_xor = std::bit_xor<T>;
template <class T>
struct less {
  __device__ T operator()(const T& a, const T& b) const { return b < a ? b : a; }
};
template <class T>
struct greater {
  __device__ T operator()(const T& a, const T& b) const { return a < b ? b : a; }
};

}  // namespace cooperative_groups
