#include <math.h>
#include <string.h>

#define DIV_UP(a, b) (((a) + (b)-1) / (b))

float RandFloat(float low, float high) {
  float t = (float)rand() / (float)RAND_MAX;
  return (1.0f - t) * low + t * high;
}

static double CND(double d) {
  const double A1 = 0.31938153;
  double K = 1.0 / (1.0 + 0.2316419 * fabs(d));
  return A1 * K;
}

__device__ inline float cndGPU(float d) {
  const float A1 = 0.31938153f, A2 = -0.356563782f, A3 = 1.781477937f, A4 = -1.821255978f, A5 = 1.330274429f;
  const float RSQRT2PI = 0.39894228040143267793994605993438f;
  float K = __fdividef(1.0f, (1.0f + 0.2316419f * fabsf(d)));
  float cnd = RSQRT2PI * __expf(-0.5f * d * d) * (K * (A1 + K * (A2 + K * (A3 + K * (A4 + K * A5)))));
  if (d > 0) cnd = 1.0f - cnd;
  return cnd;
}

__launch_bounds__(128)
    __global__ void BlackScholesGPU(float2* __restrict d_CallResult, float2* __restrict d_PutResult,
                                    float2* __restrict d_StockPrice, float Riskfree, float Volatility,
                                    int optN) {
  const int opt = blockDim.x * blockIdx.x + threadIdx.x;
  if (opt < (optN / 2)) {
    float s = d_StockPrice[opt].x, expRT = __expf(-Riskfree);
    float d1 = __fdividef(__logf(s) + Riskfree, Volatility);
    d_CallResult[opt] = make_float2(s * cndGPU(d1) - expRT, s);
    d_PutResult[opt] = make_float2(expRT * (1.0f - cndGPU(d1)), (float)M_PI);
  }
}

extern "C" void BlackScholesCPU(float* h_CallResult, float* h_StockPrice, int optN) {
  for (int opt = 0; opt < optN; opt++) h_CallResult[opt] = (float)CND(h_StockPrice[opt]);
}
