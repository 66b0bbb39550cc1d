#pragma once

#include <fusion/base/architecture.cuh>

// Numbers that kernels and the host must agree on. Each stands here once, as a literal on a line of its own,
// so that a test of the host can read this file and compare its own numbers with these.

namespace fusion {

/// Largest number of ranks of a collective: each has an address in the kernels' parameter.
constexpr int kMaxRanks = 16;
/// Size in bytes of the part of a workspace that holds Control: the first buffer starts behind it.
constexpr int kControlBytes = 256;
/// Number of buffers in a workspace: the calls of a rank use them in turn.
constexpr int kBuffers = 2;
/// Value of each byte of a slot that nobody has written: the host fills all buffers with it before the first
/// call.
constexpr int kUnwrittenByte = 255;
/// Number of elements in an octet, the unit of all row work: the length of a row is a multiple of it.
constexpr int kRowVector = 8;
/// Number of elements in the longest row.
constexpr int kLongestRow = 32768;
/// Largest number of threads in a block: the built-in kernels are compiled for it.
constexpr int kMaxThreads = 1024;
/// Number of octets that a thread holds in the built-in kernels for rows that kMaxThreads octets can hold.
constexpr int kOctetsOfShortRow = 1;
/// Number of octets that a thread holds in the built-in kernels for longer rows; no kernel holds more.
constexpr int kOctetsOfLongRow = 4;
/// Number of peers that a thread polls at a time in the built-in kernels for short rows and 2 ranks.
constexpr int kPeersOfTwoRanks = 1;
/// The same for 3 and 4 ranks, for more ranks where rows are of f32, and for all long rows.
constexpr int kPeersOfFewRanks = 3;
/// The same for more ranks; no kernel polls more. Registers limit it: with 7, one-shot and two-shot of bf16
/// have all 64 registers in use and 96 and 144 bytes of local memory (NVRTC 12.4, sm_90a, 2026-11-24,
/// bench/results/allreduce-for-one-model.md). The time of other values was not measured.
constexpr int kPeersOfManyRanks = 7;
/// Number of elements in a block of NVFP4, which share a scale.
constexpr int kNvFp4Block = 16;
/// Number of elements in a block of MXFP8, which share a scale.
constexpr int kMxFp8Block = 32;
/// Number of elements in the largest group of per-group FP8 whose amax is found within a warp, if the group's
/// size is a power of two: all other groups need dynamic shared memory.
constexpr int kLargestGroupInWarp = 256;
/// Size in bytes of the dynamic shared memory of a block for each such other group of a row.
constexpr int kSharedBytesOfGroup = 4;
/// Number of threads in a block of the collectives that move octets.
constexpr int kCollectiveThreads = 256;
/// Number of threads in a block that chooses the largest numbers of a row.
constexpr int kSelectionThreads = 512;
/// Number of groups of these threads, of which each finds its largest number first.
constexpr int kSelectionGroups = 256;
/// Largest number of choices of a row.
constexpr int kMostChoices = 256;

static_assert(kMostChoices <= kSelectionGroups, "a row's groups bound as many numbers as are chosen");
static_assert(kLongestRow == kMaxThreads * kOctetsOfLongRow * kRowVector, "a block holds the longest row");

}  // namespace fusion
