#pragma once

typedef decltype(nullptr) nullptr_t;
typedef decltype(static_cast<char*>(nullptr) - static_cast<char*>(nullptr)) ptrdiff_t;

struct max_align_t {
  alignas(16) long long value[2];
};

#ifndef NULL
#define NULL 0
#endif
#ifndef offsetof
#define offsetof(type, member) ((size_t)__INTADDR__(&(((type*)0)->member)))
#endif
