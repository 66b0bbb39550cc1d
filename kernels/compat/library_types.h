#pragma once

// cudaDataType is built into NVRTC where it has it.
