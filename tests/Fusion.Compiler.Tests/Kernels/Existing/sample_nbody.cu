#include <cuda_runtime.h>
#include <cooperative_groups.h>
#include <cmath>

namespace cg = cooperative_groups;
__constant__ float softeningSquared;
__constant__ double softeningSquared_fp64;

cudaError_t setSofteningSquared(float softeningSq) {
  return cudaMemcpyToSymbol(softeningSquared, &softeningSq, sizeof(float), 0, cudaMemcpyHostToDevice);
}

template <typename T>
struct vec3 {
  typedef float Type;
};
template <>
struct vec3<float> {
  typedef float3 Type;
};
template <>
struct vec3<double> {
  typedef double3 Type;
};
template <typename T>
struct vec4 {
  typedef float Type;
};
template <>
struct vec4<float> {
  typedef float4 Type;
};
template <>
struct vec4<double> {
  typedef double4 Type;
};

__device__ float rsqrt_T(float x) { return rsqrtf(x); }
__device__ double rsqrt_T(double x) { return rsqrt(x); }

template <typename T>
__device__ T getSofteningSquared() {
  return softeningSquared;
}
template <>
__device__ double getSofteningSquared<double>() {
  return softeningSquared_fp64;
}

template <typename T>
__device__ typename vec3<T>::Type bodyBodyInteraction(typename vec3<T>::Type ai, typename vec4<T>::Type bi,
                                                      typename vec4<T>::Type bj) {
  typename vec3<T>::Type r;
  r.x = bj.x - bi.x;
  r.y = bj.y - bi.y;
  r.z = bj.z - bi.z;
  T distSqr = r.x * r.x + r.y * r.y + r.z * r.z + getSofteningSquared<T>();
  T invDist = rsqrt_T(distSqr), s = bj.w * invDist * invDist * invDist;
  ai.x += r.x * s;
  ai.y += r.y * s;
  ai.z += r.z * s;
  return ai;
}

template <typename T>
__global__ void integrateBodies(typename vec4<T>::Type* __restrict__ newPos,
                                typename vec4<T>::Type* __restrict__ oldPos, unsigned int numBodies) {
  cg::thread_block cta = cg::this_thread_block();
  int index = blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= numBodies) return;
  typename vec3<T>::Type acc = {0.0f, 0.0f, 0.0f};
  for (unsigned int j = 0; j < numBodies; j++) acc = bodyBodyInteraction<T>(acc, oldPos[index], oldPos[j]);
  cg::sync(cta);
  newPos[index].x = oldPos[index].x + acc.x;
}
template __global__ void integrateBodies<float>(float4* __restrict__, float4* __restrict__, unsigned int);
template __global__ void integrateBodies<double>(double4* __restrict__, double4* __restrict__, unsigned int);

template <typename T>
struct DeviceData {
  T* dPos[2];
  cudaEvent_t event;
  unsigned int offset;
};
template <typename T>
void integrateNbodySystem(DeviceData<T>* deviceData, unsigned int numBodies) {
  integrateBodies<T><<<1, 256>>>((typename vec4<T>::Type*)deviceData[0].dPos[0],
                                 (typename vec4<T>::Type*)deviceData[0].dPos[1], numBodies);
}
template void integrateNbodySystem<float>(DeviceData<float>* deviceData, unsigned int numBodies);
