#pragma once

// What nvcc includes before the first line of a .cu file, as far as code for the GPU sees it. The SDK includes it in a source that has
// code for the host too, since that was written for nvcc.
#include "../cuda_runtime.h"
