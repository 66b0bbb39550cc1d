#pragma once

// What CUB's sort uses of Thrust, by C++'s own.
#include <cstdint>
#include <utility>

#define THRUST_NS_QUALIFIER ::thrust

namespace thrust {

template <class T, T... Values>
using integer_sequence = std::integer_sequence<T, Values...>;
template <size_t... Values>
using index_sequence = std::index_sequence<Values...>;
template <class T, T N>
using make_integer_sequence = std::make_integer_sequence<T, N>;
template <size_t N>
using make_index_sequence = std::make_index_sequence<N>;

namespace fusion_cccl {

template <size_t N, class Sequence>
struct reversed;
template <size_t N, size_t... Values>
struct reversed<N, std::index_sequence<Values...>> {
  typedef std::index_sequence<(N - 1 - Values)...> type;
};

}  // namespace fusion_cccl

template <size_t N>
using make_reversed_index_sequence = typename fusion_cccl::reversed<N, std::make_index_sequence<N>>::type;

}  // namespace thrust
