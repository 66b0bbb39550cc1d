#pragma once

#include "stdint.h"

#ifdef __LP64__
#define FUSION_COMPAT_64 "l"
#else
#define FUSION_COMPAT_64 "ll"
#endif

#define PRId8 "d"
#define PRId16 "d"
#define PRId32 "d"
#define PRId64 FUSION_COMPAT_64 "d"
#define PRIi32 "i"
#define PRIi64 FUSION_COMPAT_64 "i"
#define PRIu8 "u"
#define PRIu16 "u"
#define PRIu32 "u"
#define PRIu64 FUSION_COMPAT_64 "u"
#define PRIx8 "x"
#define PRIx16 "x"
#define PRIx32 "x"
#define PRIx64 FUSION_COMPAT_64 "x"
#define PRIX32 "X"
#define PRIX64 FUSION_COMPAT_64 "X"
