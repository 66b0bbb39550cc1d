// What models are made of: norms, softmax, products of matrices, convolutions.

#include <cuda_pipeline.h>
#include <math.h>
#include <stdint.h>

__device__ float block_sum(float value, float* shared) {
#pragma unroll
  for (int mask = 16; mask > 0; mask >>= 1) value += __shfl_xor_sync(0xffffffff, value, mask);
  if ((threadIdx.x & 31) == 0) shared[threadIdx.x >> 5] = value;
  __syncthreads();
  value = threadIdx.x < (blockDim.x >> 5) ? shared[threadIdx.x] : 0.f;
  if (threadIdx.x < 32) {
#pragma unroll
    for (int mask = 16; mask > 0; mask >>= 1) value += __shfl_xor_sync(0xffffffff, value, mask);
    if (threadIdx.x == 0) shared[0] = value;
  }
  __syncthreads();
  value = shared[0];
  __syncthreads();
  return value;
}

// Softmax of rows, in one pass with a running maximum.
extern "C" __global__ void softmax(const float* in, float* out, int columns) {
  __shared__ float maxima[32], sums[32];
  const float* row = in + blockIdx.x * columns;
  float m = -INFINITY, s = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    const float x = row[i];
    if (x > m) {
      s = s * expf(m - x);
      m = x;
    }
    s += expf(x - m);
  }
  for (int offset = 16; offset > 0; offset >>= 1) {
    const float m2 = __shfl_xor_sync(0xffffffff, m, offset), s2 = __shfl_xor_sync(0xffffffff, s, offset);
    const float most = fmaxf(m, m2);
    s = s * __expf(m - most) + s2 * __expf(m2 - most);
    m = most;
  }
  if (threadIdx.x % 32 == 0) {
    maxima[threadIdx.x / 32] = m;
    sums[threadIdx.x / 32] = s;
  }
  __syncthreads();
  m = maxima[0];
  for (int w = 1; w < blockDim.x / 32; w++) m = fmaxf(m, maxima[w]);
  s = 0;
  for (int w = 0; w < blockDim.x / 32; w++) s += sums[w] * expf(maxima[w] - m);
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    out[blockIdx.x * columns + i] = expf(row[i] - m) / s;
}

extern "C" __global__ void layer_norm(const float* x, const float* gamma, const float* beta, float* y,
                                      int columns) {
  __shared__ float shared[32];
  const float* row = x + blockIdx.x * columns;
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += row[i];
  const float mean = block_sum(sum, shared) / columns;
  float squares = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) squares += (row[i] - mean) * (row[i] - mean);
  const float scale = rsqrtf(block_sum(squares, shared) / columns + 1e-5f);
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    y[blockIdx.x * columns + i] = (row[i] - mean) * scale * gamma[i] + beta[i];
}

// A norm without approximations: square root and division round correctly.
extern "C" __global__ void rms_norm_exact(const float4* x, float4* y, int quads) {
  __shared__ float shared[32];
  const float4 v = x[blockIdx.x * quads + threadIdx.x];
  const float own = fmaf(v.x, v.x, fmaf(v.y, v.y, fmaf(v.z, v.z, __fmul_rn(v.w, v.w))));
  const float root = __fsqrt_rn(__fadd_rn(__fdiv_rn(block_sum(own, shared), 4.f * quads), 1e-6f));
  y[blockIdx.x * quads + threadIdx.x] =
      make_float4(__fdiv_rn(v.x, root), __fdiv_rn(v.y, root), __fdiv_rn(v.z, root), __fdiv_rn(v.w, root));
}

extern "C" __global__ void activations(const float* in, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const float x = in[i];
  out[4 * i] = 0.5f * x * (1.0f + tanhf(0.7978845608f * (x + 0.044715f * x * x * x)));
  out[4 * i + 1] = x / (1.0f + __expf(-x));
  out[4 * i + 2] = logf(1.0f + expf(x)) + erff(x);
  out[4 * i + 3] = sinf(x) + cosf(2 * x) + powf(fabsf(x), 1.3f) + log2f(fabsf(x) + 1) + atan2f(x, 2.f);
}

// C = A B with tiles in shared memory.
extern "C" __global__ void matmul_tiled(const float* a, const float* b, float* c, int m, int n, int k) {
  __shared__ float as[16][16], bs[16][16];
  const int row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
  float sum = 0;
  for (int t = 0; t < (k + 15) / 16; t++) {
    const int x = t * 16 + threadIdx.x, y = t * 16 + threadIdx.y;
    as[threadIdx.y][threadIdx.x] = row < m && x < k ? a[row * k + x] : 0;
    bs[threadIdx.y][threadIdx.x] = y < k && column < n ? b[y * n + column] : 0;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 16; i++) sum += as[threadIdx.y][i] * bs[i][threadIdx.x];
    __syncthreads();
  }
  if (row < m && column < n) c[row * n + column] = sum;
}

__device__ unsigned shared_address(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}

#define MMA_16(name, type)                                                                             \
  extern "C" __global__ void name(const unsigned short* a, const unsigned short* b, float* d, int k) { \
    __shared__ alignas(16) unsigned short left[16 * 16], right[16 * 8];                                \
    float sum[4] = {0, 0, 0, 0};                                                                       \
    const int lane = threadIdx.x;                                                                      \
    for (int start = 0; start < k; start += 16) {                                                      \
      for (int i = lane; i < 256; i += 32) left[i] = a[i / 16 * k + start + i % 16];                   \
      for (int i = lane; i < 128; i += 32) right[i] = b[(start + i / 8) * 8 + i % 8];                  \
      __syncwarp();                                                                                    \
      unsigned x[4], y[2];                                                                             \
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"                  \
                   : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])                                    \
                   : "r"(shared_address(left + lane % 16 * 16 + lane / 16 * 8)));                      \
      asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"                    \
                   : "=r"(y[0]), "=r"(y[1])                                                            \
                   : "r"(shared_address(right + lane % 16 * 8)));                                      \
      asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." type "." type                              \
                   ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "                               \
                   "{%0, %1, %2, %3};"                                                                 \
                   : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])                            \
                   : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));                \
      __syncwarp();                                                                                    \
    }                                                                                                  \
    for (int i = 0; i < 4; i++) d[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = sum[i];         \
  }
MMA_16(mma_bf16, "bf16")
MMA_16(mma_f16, "f16")

extern "C" __global__ void mma_int8(const int* a, const int* b, int* d) {
  const int lane = threadIdx.x, row = lane / 4, word = lane % 4;
  int sum[4] = {0, 0, 0, 0};
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
      "%1, %2, %3};"
      : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
      : "r"(a[row * 8 + word]), "r"(a[(row + 8) * 8 + word]), "r"(a[row * 8 + word + 4]),
        "r"(a[(row + 8) * 8 + word + 4]), "r"(b[row * 8 + word]), "r"(b[row * 8 + word + 4]));
  for (int i = 0; i < 4; i++) d[(row + i / 2 * 8) * 8 + word * 2 + i % 2] = sum[i];
}

extern "C" __global__ void mma_tf32(const float* a, const float* b, float* d) {
  const int lane = threadIdx.x, row = lane / 4, column = lane % 4;
  float sum[4] = {0, 0, 0, 0};
  const float left[4] = {a[row * 8 + column], a[(row + 8) * 8 + column], a[row * 8 + column + 4],
                         a[(row + 8) * 8 + column + 4]};
  const float right[2] = {b[column * 8 + row], b[(column + 4) * 8 + row]};
  unsigned x[4], y[2];
  for (int i = 0; i < 4; i++) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(x[i]) : "f"(left[i]));
  for (int i = 0; i < 2; i++) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y[i]) : "f"(right[i]));
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
      "%1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));
  for (int i = 0; i < 4; i++) d[(row + i / 2 * 8) * 8 + column * 2 + i % 2] = sum[i];
}

// A pipeline of two stages: one tile is copied while the other is used.
extern "C" __global__ void pipeline(const float4* in, float4* out, int tiles) {
  __shared__ float4 stage[2][64];
  const int t = threadIdx.x;
  const float4* from = in + blockIdx.x * tiles * 64;
  __pipeline_memcpy_async(&stage[0][t], from + t, sizeof(float4));
  __pipeline_commit();
  float4 sum = make_float4(0, 0, 0, 0);
  for (int tile = 0; tile < tiles; tile++) {
    if (tile + 1 < tiles)
      __pipeline_memcpy_async(&stage[(tile + 1) & 1][t], from + (tile + 1) * 64 + t, sizeof(float4));
    __pipeline_commit();
    __pipeline_wait_prior(1);
    __syncthreads();
    const float4 v = stage[tile & 1][63 - t];
    sum.x = fmaf(v.x, 0.5f, sum.x);
    sum.y = fmaf(v.y, sum.x, sum.y);
    sum.z = __fadd_rn(v.z, sum.z);
    sum.w = fmaxf(v.w, sum.w);
    __syncthreads();
  }
  out[blockIdx.x * 64 + t] = sum;
}

__constant__ float filter[5] = {0.0625f, 0.25f, 0.375f, 0.25f, 0.0625f};
extern "C" __global__ void blur(const float* in, float* out, int n) {
  __shared__ float tile[128 + 4];
  const int i = blockIdx.x * 128 + threadIdx.x;
  for (int k = threadIdx.x; k < 132; k += 128) {
    const int at = min(max(blockIdx.x * 128 + k - 2, 0u), n - 1u);
    tile[k] = in[(int)(blockIdx.x * 128 + k) - 2 < 0 ? 0 : at];
  }
  __syncthreads();
  float sum = 0;
  for (int k = 0; k < 5; k++) sum = fmaf(tile[threadIdx.x + k], filter[k], sum);
  if (i < n) out[i] = sum;
}

// A sparse matrix in rows of their own length, times a vector: a warp a row.
extern "C" __global__ void sparse_product(const int* starts, const int* columns, const float* values,
                                          const float* x, float* y, int rows) {
  const int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
  if (row >= rows) return;
  float sum = 0;
  for (int i = starts[row] + lane; i < starts[row + 1]; i += 32)
    sum = fmaf(values[i], __ldg(&x[columns[i]]), sum);
  for (int offset = 16; offset > 0; offset /= 2)
    sum = __fadd_rn(sum, __shfl_down_sync(0xffffffff, sum, offset));
  if (lane == 0) y[row] = sum;
}

extern "C" __global__ void bodies(const float4* in, float4* out, int n) {
  __shared__ float4 tile[64];
  const int i = blockIdx.x * 64 + threadIdx.x;
  const float4 own = in[i];
  float3 a = make_float3(0, 0, 0);
  for (int start = 0; start < n; start += 64) {
    tile[threadIdx.x] = in[start + threadIdx.x];
    __syncthreads();
    for (int k = 0; k < 64; k++) {
      const float dx = tile[k].x - own.x, dy = tile[k].y - own.y, dz = tile[k].z - own.z;
      const float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + 0.01f);
      const float s = tile[k].w * inverse * inverse * inverse;
      a.x += dx * s;
      a.y += dy * s;
      a.z += dz * s;
    }
    __syncthreads();
  }
  out[i] = make_float4(a.x, a.y, a.z, own.w);
}
