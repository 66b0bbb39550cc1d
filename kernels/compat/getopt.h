#pragma once

// Empty: what this header declares is for the host, whose code NVRTC does not compile.
