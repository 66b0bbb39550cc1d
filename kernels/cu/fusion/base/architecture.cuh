#pragma once

// Part of every header: bf16 conversions, redux and more need sm_80, and without this check each use of one
// would be an error of its own, in a header that the reader did not write.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#error <fusion/...> headers need sm_80 or newer. Remove older architectures from FusionArchitectures, or from Architectures of this kernel.
#endif
