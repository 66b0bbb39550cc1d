#pragma once

#include "groups_large.h"

namespace fusion_compat {

/// A value of any size from another lane: word by word.
/// shuffle: takes a word and gives that of the other lane.
template <class T, class F>
FUSION_COMPAT_DEVICE T shuffled(const T& value, F shuffle) {
  const unsigned words = (sizeof(T) + 3) / 4;
  union Words {
    unsigned word[words];
    T value;
    __device__ Words() {}
  } in, out;
  in.word[words - 1] = 0;
  in.value = value;
#pragma unroll
  for (unsigned i = 0; i < words; ++i) out.word[i] = shuffle(in.word[i]);
  return out.value;
}

}  // namespace fusion_compat

namespace cooperative_groups {

/// Those threads of a warp that came here together, or a part of them.
class coalesced_group {
 public:
  FUSION_COMPAT_DEVICE explicit coalesced_group(unsigned members) : mask(members) {}
  FUSION_COMPAT_DEVICE void sync() const { __syncwarp(mask); }
  FUSION_COMPAT_DEVICE unsigned thread_rank() const { return __popc(mask & fusion_compat::lanes_below()); }
  FUSION_COMPAT_DEVICE unsigned num_threads() const { return __popc(mask); }
  FUSION_COMPAT_DEVICE unsigned size() const { return num_threads(); }
  FUSION_COMPAT_DEVICE unsigned meta_group_rank() const { return group; }
  FUSION_COMPAT_DEVICE unsigned meta_group_size() const { return groups; }

  template <class T>
  FUSION_COMPAT_DEVICE T shfl(T value, unsigned rank) const {
    return from_lane(value, lane_of(rank));
  }
  template <class T>
  FUSION_COMPAT_DEVICE T shfl_up(T value, int delta) const {
    int rank = static_cast<int>(thread_rank()) - delta;
    return from_lane(value, rank < 0 ? fusion_compat::lane() : lane_of(rank));
  }
  template <class T>
  FUSION_COMPAT_DEVICE T shfl_down(T value, int delta) const {
    unsigned rank = thread_rank() + delta;
    return from_lane(value, rank >= num_threads() ? fusion_compat::lane() : lane_of(rank));
  }
  FUSION_COMPAT_DEVICE int any(int predicate) const { return __any_sync(mask, predicate); }
  FUSION_COMPAT_DEVICE int all(int predicate) const { return __all_sync(mask, predicate); }
  FUSION_COMPAT_DEVICE unsigned ballot(int predicate) const { return packed(__ballot_sync(mask, predicate)); }
  template <class T>
  FUSION_COMPAT_DEVICE unsigned match_any(T value) const {
    return packed(__match_any_sync(mask, value));
  }
  template <class T>
  FUSION_COMPAT_DEVICE unsigned match_all(T value, int& predicate) const {
    return packed(__match_all_sync(mask, value, &predicate));
  }
  FUSION_COMPAT_DEVICE unsigned members() const { return mask; }
  FUSION_COMPAT_DEVICE void set_meta(unsigned rank, unsigned size) {
    group = rank;
    groups = size;
  }

 private:
  FUSION_COMPAT_DEVICE unsigned lane_of(unsigned rank) const {
    return mask == 0xffffffffu ? rank & 31 : __fns(mask, 0, static_cast<int>(rank) + 1);
  }
  template <class T>
  FUSION_COMPAT_DEVICE T from_lane(T value, unsigned lane) const {
    unsigned members = mask;
    return fusion_compat::shuffled(
        value, [=](unsigned word) { return __shfl_sync(members, word, static_cast<int>(lane)); });
  }
  // The bits of the members, without gaps.
  FUSION_COMPAT_DEVICE unsigned packed(unsigned bits) const {
    if (mask == 0xffffffffu) return bits;
    unsigned result = 0;
    for (unsigned left = mask, rank = 0; left != 0; left &= left - 1, ++rank) {
      if (bits & left & (0u - left)) result |= 1u << rank;
    }
    return result;
  }
  unsigned mask;
  unsigned group = 0;
  unsigned groups = 1;
};
FUSION_COMPAT_DEVICE coalesced_group coalesced_threads() { return coalesced_group(__activemask()); }

/// Size threads that follow each other, of a group of type Parent: up to 32 of a warp.
template <unsigned Size, class Parent = void>
class thread_block_tile {
  static_assert(Size > 0 && Size <= 32 && (Size & (Size - 1)) == 0,
                "A tile has 1, 2, 4, 8, 16 or 32 threads");

 public:
  FUSION_COMPAT_DEVICE explicit thread_block_tile(unsigned rank = 0, unsigned size = 1)
      : group(rank), groups(size) {}
  template <class Other>
  FUSION_COMPAT_DEVICE thread_block_tile(const thread_block_tile<Size, Other>& other)
      : group(other.meta_group_rank()), groups(other.meta_group_size()) {}
  FUSION_COMPAT_DEVICE void sync() const { __syncwarp(members()); }
  FUSION_COMPAT_DEVICE static unsigned thread_rank() { return fusion_compat::lane() & (Size - 1); }
  FUSION_COMPAT_DEVICE static constexpr unsigned num_threads() { return Size; }
  FUSION_COMPAT_DEVICE static constexpr unsigned size() { return Size; }
  FUSION_COMPAT_DEVICE unsigned meta_group_rank() const { return group; }
  FUSION_COMPAT_DEVICE unsigned meta_group_size() const { return groups; }

  template <class T>
  FUSION_COMPAT_DEVICE T shfl(T value, int rank) const {
    return fusion_compat::shuffled(value,
                                   [=](unsigned word) { return __shfl_sync(members(), word, rank, Size); });
  }
  template <class T>
  FUSION_COMPAT_DEVICE T shfl_up(T value, unsigned delta) const {
    return fusion_compat::shuffled(
        value, [=](unsigned word) { return __shfl_up_sync(members(), word, delta, Size); });
  }
  template <class T>
  FUSION_COMPAT_DEVICE T shfl_down(T value, unsigned delta) const {
    return fusion_compat::shuffled(
        value, [=](unsigned word) { return __shfl_down_sync(members(), word, delta, Size); });
  }
  template <class T>
  FUSION_COMPAT_DEVICE T shfl_xor(T value, int mask) const {
    return fusion_compat::shuffled(
        value, [=](unsigned word) { return __shfl_xor_sync(members(), word, mask, Size); });
  }
  FUSION_COMPAT_DEVICE int any(int predicate) const { return __ballot_sync(members(), predicate) != 0; }
  FUSION_COMPAT_DEVICE int all(int predicate) const {
    return __ballot_sync(members(), predicate) == members();
  }
  FUSION_COMPAT_DEVICE unsigned ballot(int predicate) const {
    return __ballot_sync(members(), predicate) >> first();
  }
  template <class T>
  FUSION_COMPAT_DEVICE unsigned match_any(T value) const {
    return __match_any_sync(members(), value) >> first();
  }
  template <class T>
  FUSION_COMPAT_DEVICE unsigned match_all(T value, int& predicate) const {
    return __match_all_sync(members(), value, &predicate) >> first();
  }
  FUSION_COMPAT_DEVICE static unsigned members() {
    return (Size == 32 ? 0xffffffffu : (1u << (Size & 31)) - 1) << first();
  }

 private:
  FUSION_COMPAT_DEVICE static unsigned first() { return fusion_compat::lane() & ~(Size - 1); }
  unsigned group;
  unsigned groups;
};

/// Any of these groups, for functions that take one without being templates.
class thread_group {
 public:
  FUSION_COMPAT_DEVICE thread_group(const thread_block&) : mask(0) {}
  FUSION_COMPAT_DEVICE thread_group(const coalesced_group& group) : mask(group.members()) {}
  template <unsigned Size, class Parent>
  FUSION_COMPAT_DEVICE thread_group(const thread_block_tile<Size, Parent>& tile) : mask(tile.members()) {}
  FUSION_COMPAT_DEVICE void sync() const {
    if (mask == 0) {
      __syncthreads();
    } else {
      __syncwarp(mask);
    }
  }
  FUSION_COMPAT_DEVICE unsigned long long thread_rank() const {
    return mask == 0 ? fusion_compat::thread_in_block() : __popc(mask & fusion_compat::lanes_below());
  }
  FUSION_COMPAT_DEVICE unsigned long long num_threads() const {
    return mask == 0 ? fusion_compat::threads_of_block() : __popc(mask);
  }
  FUSION_COMPAT_DEVICE unsigned long long size() const { return num_threads(); }

 private:
  // Members of a warp; 0 is the whole block.
  unsigned mask;
};

template <unsigned Size>
FUSION_COMPAT_DEVICE thread_block_tile<Size, thread_block> tiled_partition(const thread_block& block) {
  return thread_block_tile<Size, thread_block>(block.thread_rank() / Size,
                                               (block.num_threads() + Size - 1) / Size);
}
template <unsigned Size, unsigned From, class Parent>
FUSION_COMPAT_DEVICE thread_block_tile<Size, thread_block_tile<From, Parent>> tiled_partition(
    const thread_block_tile<From, Parent>& tile) {
  static_assert(Size <= From, "A part is no larger than the whole");
  return thread_block_tile<Size, thread_block_tile<From, Parent>>(tile.thread_rank() / Size, From / Size);
}
FUSION_COMPAT_DEVICE coalesced_group tiled_partition(const coalesced_group& parent, unsigned size) {
  unsigned rank = parent.thread_rank(), first = rank / size * size, members = 0, at = 0;
  for (unsigned left = parent.members(); left != 0; left &= left - 1, ++at) {
    if (at >= first && at < first + size) members |= left & (0u - left);
  }
  coalesced_group part(members);
  part.set_meta(rank / size, (parent.num_threads() + size - 1) / size);
  return part;
}
FUSION_COMPAT_DEVICE coalesced_group tiled_partition(const thread_block& block, unsigned size) {
  unsigned first = fusion_compat::lane() / size * size;
  unsigned here = block.num_threads() - block.thread_rank() + fusion_compat::lane();
  unsigned count = here - first < size ? here - first : size;
  coalesced_group part((count >= 32 ? 0xffffffffu : (1u << count) - 1) << first);
  part.set_meta(block.thread_rank() / size, (block.num_threads() + size - 1) / size);
  return part;
}
template <unsigned Size, class Parent, class Label>
FUSION_COMPAT_DEVICE coalesced_group labeled_partition(const thread_block_tile<Size, Parent>& tile,
                                                       Label label) {
  return coalesced_group(__match_any_sync(tile.members(), label));
}
template <class Label>
FUSION_COMPAT_DEVICE coalesced_group labeled_partition(const coalesced_group& group, Label label) {
  return coalesced_group(__match_any_sync(group.members(), label));
}
template <class Group>
FUSION_COMPAT_DEVICE coalesced_group binary_partition(const Group& group, bool is_in) {
  unsigned in = __ballot_sync(group.members(), is_in);
  coalesced_group part(is_in ? in : group.members() & ~in);
  part.set_meta(is_in ? 1 : 0, 2);
  return part;
}

template <class Group>
FUSION_COMPAT_DEVICE void sync(const Group& group) {
  group.sync();
}
template <class Group>
FUSION_COMPAT_DEVICE auto thread_rank(const Group& group) -> decltype(group.thread_rank()) {
  return group.thread_rank();
}
template <class Group>
FUSION_COMPAT_DEVICE auto group_size(const Group& group) -> decltype(group.size()) {
  return group.size();
}

namespace experimental {
using cooperative_groups::thread_block_tile;
}  // namespace experimental

}  // namespace cooperative_groups
