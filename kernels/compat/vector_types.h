#pragma once

// float4, dim3 and their like are built into NVRTC. These words come from the C library's sys/types.h, which
// nvcc includes.
typedef unsigned int uint;
typedef unsigned short ushort;
typedef unsigned long ulong;
