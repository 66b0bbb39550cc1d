#pragma once

// Groups of threads: blocks, tiles of a warp, coalesced threads, grids and clusters. Tiles of more than 32
// threads and groups of several GPUs are not here.

#define _COOPERATIVE_GROUPS_H_

#include "vector_types.h"
#include "fusion_compat/groups_large.h"
#include "fusion_compat/groups_warp.h"
