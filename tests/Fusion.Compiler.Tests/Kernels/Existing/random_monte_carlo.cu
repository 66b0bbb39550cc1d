#include <stdio.h>
#include <cstdint>
#include <random>
struct Pcg {
  uint64_t state, inc;
};
__host__ __device__ inline uint32_t next(Pcg* rng) {
  uint64_t old = rng->state;
  rng->state = old * 6364136223846793005ULL + rng->inc;
  uint32_t xorshifted = ((old >> 18u) ^ old) >> 27u, rot = old >> 59u;
  return (xorshifted >> rot) | (xorshifted << ((-rot) & 31));
}
__device__ unsigned long long hits;
__global__ void pi(uint64_t seed, int n) {
  Pcg rng = {seed + threadIdx.x, 1};
  unsigned inside = 0;
  for (int i = 0; i < n; i++) {
    float x = next(&rng) * 2.3283064365386963e-10f, y = next(&rng) * 2.3283064365386963e-10f;
    inside += x * x + y * y < 1;
  }
  atomicAdd(&hits, (unsigned long long)inside);
  if (threadIdx.x == 0 && blockIdx.x == 0) printf("%u\n", inside);
}
double host_pi(int n) {
  std::mt19937 gen(1);
  std::uniform_real_distribution<double> dist(0, 1);
  int inside = 0;
  for (int i = 0; i < n; i++) {
    double x = dist(gen), y = dist(gen);
    inside += x * x + y * y < 1;
  }
  return 4.0 * inside / n;
}
int main() {
  pi<<<1, 32>>>(1, 100);
  cudaDeviceSynchronize();
  return host_pi(10) > 4;
}
