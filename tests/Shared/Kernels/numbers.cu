// Arithmetic of many types.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <sm_61_intrinsics.h>
#include <stdint.h>

extern "C" __global__ void halves(const __half* x, const __half* y, __half* out, int n) {
  const int i = (blockIdx.x * blockDim.x + threadIdx.x) * 2;
  if (i >= n) return;
  const __half2 a = *reinterpret_cast<const __half2*>(x + i), b = *reinterpret_cast<const __half2*>(y + i);
  __half2 r = __hfma2(a, b, __float2half2_rn(0.5f));
  r = __hadd2_rn(r, __hmul2_rn(a, a));
  r = __hsub2(r, __hmax2(a, b));
  out[i] = __hdiv(__low2half(r), __float2half(3.0f));
  out[i + 1] = __hgt(__high2half(r), __float2half(0.0f)) ? __hneg(__high2half(r)) : __habs(b.x);
}

extern "C" __global__ void brain_floats(const __nv_bfloat16* x, const __nv_bfloat16* y, __nv_bfloat16* out,
                                        float* wide, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const __nv_bfloat16 product = __hmul(x[i], y[i]);
  out[i] = __hfma(x[i], product, __hadd(y[i], __float2bfloat16(1.0f)));
  wide[i] = __fadd_rn(__bfloat162float(x[i]), __bfloat162float(__hmin(y[i], product)));
}

extern "C" __global__ void quantize_fp8(const float* in, uint8_t* e4m3, uint8_t* e5m2, float* back, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const __nv_fp8_e4m3 small(in[i]);
  const __nv_fp8_e5m2 wide(in[i]);
  e4m3[i] = small.__x;
  e5m2[i] = wide.__x;
  back[i] = __fsub_rn(static_cast<float>(small), static_cast<float>(wide));
}

// Dot products of four bytes and of two 16-bit numbers.
extern "C" __global__ void dot_bytes(const int* a, const int* b, int* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  int sum = __dp4a(a[i], b[i], 7);
  sum = __dp4a((unsigned)a[i], (unsigned)b[i], (unsigned)sum);
  sum = __dp2a_lo(a[i], b[i], sum);
  out[i] = __dp2a_hi(a[i], b[i], sum);
}

// Products and remainders of 64 bits: a power modulo a prime.
extern "C" __global__ void power_modulo(const uint64_t* bases, const uint64_t* exponents, uint64_t* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const uint64_t prime = 4294967291ull;
  uint64_t base = bases[i] % prime, result = 1;
  for (uint64_t e = exponents[i]; e != 0; e >>= 1) {
    if (e & 1) result = result * base % prime;
    base = base * base % prime;
  }
  out[i] = result ^ __umul64hi(bases[i], exponents[i]) ^ (uint64_t)__mul64hi((int64_t)bases[i], -7) ^
           bases[i] / (exponents[i] | 1);
}

extern "C" __global__ void twiddle(const unsigned* in, unsigned* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned x = in[i], y = in[i ^ 1];
  unsigned r = __brev(x) ^ __byte_perm(x, y, 0x3614);
  r += __popc(x) * 3 + __clz(y) * 5 + __ffs(x) * 7;
  r ^= __funnelshift_l(x, y, x & 31) + __funnelshift_r(x, y, y & 31);
  r += (unsigned)__popcll((unsigned long long)x << 32 | y) + (unsigned)__clzll(x);
  r ^= __umulhi(x, y) + (unsigned)__mulhi((int)x, (int)y) + __usad(x, y, 9) +
       (unsigned)__hadd((int)x, (int)y) + __urhadd(x, y);
  out[i] = r + (unsigned)__mul24((int)x, (int)y) + (unsigned)(signed char)(x >> 8) + (unsigned)(short)y;
}

extern "C" __global__ void convert(const float* in, int* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const float x = in[i];
  int r = __float2int_rn(x) ^ __float2int_rd(x) * 3 ^ __float2int_ru(x) * 5 ^ (int)x * 7;
  r ^= (int)__float2uint_rz(x) + (int)__double2ll_rn((double)x * 1000) +
       (int)(unsigned char)fabsf(fminf(x, 200.f));
  r += __float_as_int(rintf(x)) ^ __float_as_int(floorf(x)) ^ __float_as_int(ceilf(x)) ^
       __float_as_int(truncf(x));
  r += __float_as_int(__int2float_rz(r)) ^ __float_as_int(__uint2float_ru((unsigned)r)) ^
       __float_as_int((float)(long long)r * 3);
  out[i] = r + __half_as_ushort(__float2half_rz(x)) + (isnan(x) ? 1 : 0) + (isinf(x) ? 2 : 0) +
           (signbit(x) ? 4 : 0);
}

// Newton's method and compensated sums in double; every operation is one that rounds once.
extern "C" __global__ void doubles(const double* in, double* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const double x = fabs(in[i]) + 1;
  double root = x;
  for (int k = 0; k < 6; k++) root = __dmul_rn(0.5, __dadd_rn(root, __ddiv_rn(x, root)));
  double sum = 0, lost = 0;
  for (int k = 1; k <= 20; k++) {
    const double y = __dsub_rn(__ddiv_rn(x, k), lost);
    const double t = __dadd_rn(sum, y);
    lost = __dsub_rn(__dsub_rn(t, sum), y);
    sum = t;
  }
  out[i] = fma(root, sqrt(x), sum) + floor(x * 0.5) + fmin(x, 3.0) + (double)(long long)(x * 1e6) +
           (double)(float)x;
}

// Single precision with every direction of rounding and denormal results.
extern "C" __global__ void roundings(const float* a, const float* b, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const float x = a[i], y = b[i];
  out[4 * i] = __fadd_rd(__fmul_ru(x, y), __fdiv_rz(x, y));
  out[4 * i + 1] = __fmaf_rd(x, y, __fsqrt_ru(fabsf(x)));
  out[4 * i + 2] = __fmul_rn(__fmul_rn(x, 1e-30f), __fmul_rn(y, 1e-12f));
  out[4 * i + 3] = __fadd_rn(__frcp_rn(x), copysignf(__saturatef(x), y));
}

// A stack in local memory: the queens of an 8 x 8 board, by the column of the first one.
extern "C" __global__ void queens(unsigned* counts) {
  unsigned char columns[8];
  columns[0] = threadIdx.x;
  int row = 1;
  unsigned count = 0;
  columns[1] = 0;
  while (row > 0) {
    if (row == 8 || columns[row] == 8) {
      if (row == 8) count++;
      row--;
      columns[row]++;
      continue;
    }
    bool safe = true;
    for (int k = 0; k < row; k++) {
      const int apart = columns[row] - columns[k];
      safe &= apart != 0 && apart != row - k && apart != k - row;
    }
    if (!safe) columns[row]++;
    else if (++row < 8) columns[row] = 0;
  }
  counts[threadIdx.x] = count;
}

// An array that is indexed by data, sorted by insertion.
extern "C" __global__ void medians(const int* in, int* out, int n) {
  int window[9];
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  for (int k = 0; k < 9; k++) {
    const int value = in[(i + k) % n];
    int place = k;
    for (; place > 0 && window[place - 1] > value; place--) window[place] = window[place - 1];
    window[place] = value;
  }
  out[i] = window[4] * 16 + window[(unsigned)in[i] % 9];
}

struct Complex {
  float re, im;
};
__device__ __noinline__ Complex square_and_add(Complex z, Complex c) {
  Complex r;
  r.re = __fadd_rn(__fsub_rn(__fmul_rn(z.re, z.re), __fmul_rn(z.im, z.im)), c.re);
  r.im = __fadd_rn(__fmul_rn(__fmul_rn(2.f, z.re), z.im), c.im);
  return r;
}
extern "C" __global__ void mandelbrot(unsigned char* image, int width, int height) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  const Complex c = {__fsub_rn(__fdiv_rn(3.f * x, (float)width), 2.f),
                     __fsub_rn(__fdiv_rn(2.f * y, (float)height), 1.f)};
  Complex z = {0, 0};
  int n = 0;
  while (n < 100 && __fadd_rn(__fmul_rn(z.re, z.re), __fmul_rn(z.im, z.im)) < 4.f) {
    z = square_and_add(z, c);
    n++;
  }
  image[y * width + x] = n;
}

__constant__ unsigned crc_table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
extern "C" __global__ void crc32(const unsigned char* data, int length, unsigned* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned crc = ~0u;
  for (int k = 0; k < length; k++) {
    const unsigned char byte = data[i * length + k];
    crc = crc_table[(crc ^ byte) & 15] ^ (crc >> 4);
    crc = crc_table[(crc ^ (byte >> 4)) & 15] ^ (crc >> 4);
  }
  out[i] = ~crc;
}
