// Forms of instructions that the built-in kernels use, and some more. Each kernel folds the results of
// `count` pseudo-random operands into one sum, so that a GPU's results are one number, which the tests keep.

using u32 = unsigned;
using u64 = unsigned long long;

__device__ u32 mixed(u32 x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}

// Bits of all kinds: any at all, numbers of like size, numbers of few bits.
__device__ u32 operand(u32 i, u32 which) {
  u32 bits = mixed(i * 4 + which);
  const u32 kind = mixed(bits ^ which) & 7;
  if (kind < 3) bits = (bits & 0x807FFFFFu) | (110 + (bits >> 20) % 35) << 23;
  if (kind == 3) bits &= 0xFFFF0000u;
  if (kind == 4) bits &= 0x807FFFFFu;
  return bits;
}

__device__ void add_to(u64* sum, u32 i, u64 result) {
  atomicAdd(sum, (static_cast<u64>(mixed(static_cast<u32>(result) ^ i)) << 32) +
                     mixed(static_cast<u32>(result >> 32) + 7 * i));
}

#define FORM(name, type, body)                                                                    \
  extern "C" __global__ void name(u32 count, u64* sum) {                                          \
    for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) { \
      const u32 a = operand(i, 0), b = operand(i, 1), c = operand(i, 2);                          \
      type result;                                                                                \
      body;                                                                                       \
      add_to(sum, i, static_cast<u64>(result));                                                   \
    }                                                                                             \
  }
#define F3(name, code)                                                                           \
  FORM(name, u32,                                                                                \
       asm volatile("{ .reg .f32 x, y, z, r; mov.b32 x, %1; mov.b32 y, %2; mov.b32 z, %3; " code \
                    " mov.b32 %0, r; }"                                                          \
                    : "=r"(result)                                                               \
                    : "r"(a), "r"(b), "r"(c)))
#define I3(name, code) FORM(name, u32, asm volatile(code : "=r"(result) : "r"(a), "r"(b), "r"(c)))
#define H3(name, code)                                                                                    \
  FORM(name, u32,                                                                                         \
       asm volatile(                                                                                      \
           "{ .reg .b16 x, y, z, r, t; mov.b32 {x, t}, %1; mov.b32 {y, t}, %2; mov.b32 {z, t}, %3; " code \
           " mov.b32 %0, {r, r}; }"                                                                       \
           : "=r"(result)                                                                                 \
           : "r"(a), "r"(b), "r"(c)))

F3(add_rn_f32, "add.rn.f32 r, x, y;")
F3(add_rz_f32, "add.rz.f32 r, x, y;")
F3(add_rp_f32, "add.rp.f32 r, x, y;")
F3(add_rm_ftz_f32, "add.rm.ftz.f32 r, x, y;")
F3(sub_rn_f32, "sub.rn.f32 r, x, y;")
F3(mul_rn_f32, "mul.rn.f32 r, x, y;")
F3(mul_rn_sat_f32, "mul.rn.sat.f32 r, x, y;")
F3(mul_rz_f32, "mul.rz.f32 r, x, y;")
F3(fma_rn_f32, "fma.rn.f32 r, x, y, z;")
F3(fma_rn_ftz_f32, "fma.rn.ftz.f32 r, x, y, z;")
F3(fma_rp_f32, "fma.rp.f32 r, x, y, z;")
F3(div_rn_f32, "div.rn.f32 r, x, y;")
F3(rcp_rn_f32, "rcp.rn.f32 r, x;")
F3(sqrt_rn_f32, "sqrt.rn.f32 r, x;")
F3(min_f32, "min.f32 r, x, y;")
F3(max_f32, "max.f32 r, x, y;")
F3(max_nan_f32, "max.NaN.f32 r, x, y;")
F3(cvt_rni_f32, "cvt.rni.f32.f32 r, x;")
FORM(cvt_rni_s32_f32, u32,
     asm volatile("{ .reg .f32 x; mov.b32 x, %1; cvt.rni.s32.f32 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_rzi_u32_f32, u32,
     asm volatile("{ .reg .f32 x; mov.b32 x, %1; cvt.rzi.u32.f32 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_rzi_s64_f32, u64,
     asm volatile("{ .reg .f32 x; mov.b32 x, %1; cvt.rzi.s64.f32 %0, x; }"
                  : "=l"(result)
                  : "r"(a)))
FORM(cvt_rzi_u8_f32, u32,
     asm volatile("{ .reg .f32 x; mov.b32 x, %1; cvt.rzi.u8.f32 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_rn_f32_s32, u32,
     asm volatile("{ .reg .f32 x; cvt.rn.f32.s32 x, %1; mov.b32 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_rz_f32_u64, u32,
     asm volatile("{ .reg .f32 x; cvt.rz.f32.u64 x, %1; mov.b32 %0, x; }"
                  : "=r"(result)
                  : "l"((u64)a << 32 | b)))
FORM(cvt_rn_bf16x2_f32, u32,
     asm volatile("{ .reg .f32 x, y; mov.b32 x, %1; mov.b32 y, %2; cvt.rn.bf16x2.f32 %0, x, y; }"
                  : "=r"(result)
                  : "r"(a), "r"(b)))
FORM(cvt_rn_f16x2_f32, u32,
     asm volatile("{ .reg .f32 x, y; mov.b32 x, %1; mov.b32 y, %2; cvt.rn.f16x2.f32 %0, x, y; }"
                  : "=r"(result)
                  : "r"(a), "r"(b)))
FORM(cvt_rz_f16_f32, u32,
     asm volatile("{ .reg .f32 x; .reg .b16 r; mov.b32 x, %1; cvt.rz.f16.f32 r, x; mov.b32 %0, {r, r}; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_e4m3x2_f32, u32,
     asm volatile("{ .reg .f32 x, y; .reg .b16 r; mov.b32 x, %1; mov.b32 y, %2; cvt.rn.satfinite.e4m3x2.f32 "
                  "r, x, y; mov.b32 %0, {r, r}; }"
                  : "=r"(result)
                  : "r"(a), "r"(b)))
FORM(cvt_e5m2x2_f32, u32,
     asm volatile("{ .reg .f32 x, y; .reg .b16 r; mov.b32 x, %1; mov.b32 y, %2; cvt.rn.satfinite.e5m2x2.f32 "
                  "r, x, y; mov.b32 %0, {r, r}; }"
                  : "=r"(result)
                  : "r"(a), "r"(b)))
FORM(cvt_f16x2_e4m3x2, u32,
     asm volatile("{ .reg .b16 x, t; mov.b32 {x, t}, %1; cvt.rn.f16x2.e4m3x2 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_f16x2_e5m2x2, u32,
     asm volatile("{ .reg .b16 x, t; mov.b32 {x, t}, %1; cvt.rn.f16x2.e5m2x2 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_f32_f16, u32,
     asm volatile("{ .reg .f32 x; .reg .b16 y, t; mov.b32 {y, t}, %1; cvt.f32.f16 x, y; mov.b32 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
FORM(cvt_rna_tf32_f32, u32,
     asm volatile("{ .reg .f32 x; mov.b32 x, %1; cvt.rna.tf32.f32 %0, x; }"
                  : "=r"(result)
                  : "r"(a)))
H3(add_f16, "add.rn.f16 r, x, y;")
H3(mul_f16, "mul.rn.f16 r, x, y;")
H3(fma_f16, "fma.rn.f16 r, x, y, z;")
H3(fma_bf16, "fma.rn.bf16 r, x, y, z;")
H3(max_f16, "max.f16 r, x, y;")
H3(min_nan_bf16, "min.NaN.bf16 r, x, y;")
FORM(add_rn_f64, u64,
     asm volatile(
         "{ .reg .f64 x, y, r; mov.b64 x, {%1, %2}; mov.b64 y, {%3, %2}; add.rn.f64 r, x, y; mov.b64 %0, r; }"
         : "=l"(result)
         : "r"(a), "r"(b & 0xBFFFFFFFu), "r"(c)))
FORM(div_rn_f64, u64,
     asm volatile("{ .reg .f64 x, y, r; cvt.rn.f64.s32 x, %1; cvt.rn.f64.s32 y, %2; div.rn.f64 r, x, y; "
                  "mov.b64 %0, r; }"
                  : "=l"(result)
                  : "r"(a), "r"(b | 1)))
FORM(cvt_rn_f32_f64, u32,
     asm volatile("{ .reg .f64 x; .reg .f32 r; mov.b64 x, {%1, %2}; cvt.rn.f32.f64 r, x; mov.b32 %0, r; }"
                  : "=r"(result)
                  : "r"(a), "r"((b & 0x800FFFFFu) | (870 + c % 290) << 20)))
I3(mul_hi_s32, "mul.hi.s32 %0, %1, %2;")
I3(mad_lo_s32, "mad.lo.s32 %0, %1, %2, %3;")
I3(div_s32, "{ .reg .b32 d; or.b32 d, %2, 1; div.s32 %0, %1, d; }")
I3(rem_u32, "{ .reg .b32 d; or.b32 d, %2, 1; rem.u32 %0, %1, d; }")
I3(bfe_s32, "{ .reg .b32 p, n; and.b32 p, %2, 63; and.b32 n, %3, 63; bfe.s32 %0, %1, p, n; }")
I3(bfe_u32, "{ .reg .b32 p, n; and.b32 p, %2, 63; and.b32 n, %3, 63; bfe.u32 %0, %1, p, n; }")
I3(bfi_b32, "{ .reg .b32 p, n; and.b32 p, %3, 63; shr.u32 n, %3, 26; bfi.b32 %0, %1, %2, p, n; }")
I3(prmt_b32, "prmt.b32 %0, %1, %2, %3;")
I3(shf_l_wrap, "shf.l.wrap.b32 %0, %1, %2, %3;")
I3(shf_r_clamp, "{ .reg .b32 n; and.b32 n, %3, 63; shf.r.clamp.b32 %0, %1, %2, n; }")
I3(lop3, "lop3.b32 %0, %1, %2, %3, 0x6A;")
I3(dp4a, "dp4a.s32.u32 %0, %1, %2, %3;")
I3(sad_s32, "sad.s32 %0, %1, %2, %3;")
I3(bfind_s32, "bfind.s32 %0, %1;")
I3(shr_s32, "{ .reg .b32 n; and.b32 n, %2, 63; shr.s32 %0, %1, n; }")
I3(add_sat, "add.sat.s32 %0, %1, %2;")
