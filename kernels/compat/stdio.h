#pragma once

// printf is built into NVRTC. Streams and files are the host's.
#include "stddef.h"

struct FILE;
#ifndef stdout
#define stdin (static_cast<FILE*>(nullptr))
#define stdout (static_cast<FILE*>(nullptr))
#define stderr (static_cast<FILE*>(nullptr))
#endif
#ifndef EOF
#define EOF (-1)
#endif
