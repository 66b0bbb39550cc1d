// One block turns an array around by way of dynamic shared memory, `count` * 4 bytes of it.
__global__ void reverse(int* values, int count) {
  extern __shared__ int copy[];
  for (int i = threadIdx.x; i < count; i += blockDim.x) copy[i] = values[i];
  __syncthreads();
  for (int i = threadIdx.x; i < count; i += blockDim.x) values[i] = copy[count - 1 - i];
}
