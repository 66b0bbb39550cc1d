#pragma once

#include <fusion/base/limits.cuh>

namespace fusion {

/// The quantization of a row: docs/numbers.md, step 4. The constants are those of the host's vocabulary.
enum class QuantKind : int {
  None = 0,
  StaticFp8 = 1,
  PerTokenFp8 = 2,
  PerGroupFp8 = 3,
  NvFp4 = 4,
  MxFp8 = 5
};

/// Size of a code in bits.
__device__ constexpr int code_bits(QuantKind kind) { return kind == QuantKind::NvFp4 ? 4 : 8; }

/// Number of elements that share a scale whose layout the call chooses; 0 for the other quantizations.
__device__ constexpr int scale_block(QuantKind kind) {
  return kind == QuantKind::NvFp4 ? kNvFp4Block : kind == QuantKind::MxFp8 ? kMxFp8Block : 0;
}

}  // namespace fusion
