#pragma once

// assert is built into NVRTC, as a macro where NDEBUG is not defined.
#if defined(NDEBUG) && !defined(assert)
#define assert(condition) (static_cast<void>(0))
#endif
#ifndef static_assert
#if __cplusplus < 201103L
#define static_assert(condition, text)
#endif
#endif
