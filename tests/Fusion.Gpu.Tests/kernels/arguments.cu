#include <fusion/base/integers.cuh>

using namespace fusion;

struct Small {
  u8 a;
  u16 b;
  u8 c;
};

struct alignas(16) Large {
  double d[3];
  i32 i[5];
};

// Writes each argument as 8 bytes, the structs field by field.
__global__ void echo_arguments(u64* output, u8 byte, u64 word, i16 negative, Small small, bool yes,
                               double real, Large large, float single, u8 last) {
  u64* p = output;
  *p++ = byte;
  *p++ = word;
  *p++ = static_cast<u64>(static_cast<i64>(negative));
  *p++ = small.a;
  *p++ = small.b;
  *p++ = small.c;
  *p++ = yes;
  *p++ = static_cast<u64>(__double_as_longlong(real));
  for (double d : large.d) *p++ = static_cast<u64>(__double_as_longlong(d));
  for (i32 i : large.i) *p++ = static_cast<u32>(i);
  *p++ = __float_as_uint(single);
  *p++ = last;
}
