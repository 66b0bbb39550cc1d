#pragma once

// clock and clock_t are built into NVRTC; they count cycles of the GPU.
#include "stddef.h"

typedef long long time_t;
#ifndef CLOCKS_PER_SEC
#define CLOCKS_PER_SEC 1000000
#endif
