#pragma once

// malloc, free and abs are built into NVRTC.
#include "vector_types.h"
#include "stddef.h"

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX 2147483647
