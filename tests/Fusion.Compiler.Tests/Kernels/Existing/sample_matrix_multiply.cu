#include <stdio.h>
#include <assert.h>
#include <iostream>
#include <cuda_runtime.h>

using std::cout;
using std::endl;

template <int BLOCK_SIZE>
__global__ void MatrixMulCUDA(float* C, float* A, float* B, int wA, int wB) {
  int bx = blockIdx.x, by = blockIdx.y, tx = threadIdx.x, ty = threadIdx.y;
  int aBegin = wA * BLOCK_SIZE * by, aEnd = aBegin + wA - 1, bBegin = BLOCK_SIZE * bx;
  float Csub = 0;
  for (int a = aBegin, b = bBegin; a <= aEnd; a += BLOCK_SIZE, b += BLOCK_SIZE * wB) {
    __shared__ float As[BLOCK_SIZE][BLOCK_SIZE];
    __shared__ float Bs[BLOCK_SIZE][BLOCK_SIZE];
    As[ty][tx] = A[a + wA * ty + tx];
    Bs[ty][tx] = B[b + wB * ty + tx];
    __syncthreads();
#pragma unroll
    for (int k = 0; k < BLOCK_SIZE; ++k) Csub += As[ty][k] * Bs[k][tx];
    __syncthreads();
  }
  C[wB * BLOCK_SIZE * by + BLOCK_SIZE * bx + wB * ty + tx] = Csub;
}

void ConstantInit(float* data, int size, float val) {
  for (int i = 0; i < size; ++i) data[i] = val;
}

int MatrixMultiply(int argc, char** argv, const dim3& dimsA, const dim3& dimsB) {
  float *d_A, *d_B, *d_C;
  cudaEvent_t start, stop;
  cudaEventCreate(&start);
  dim3 threads(16, 16);
  dim3 grid(dimsB.x / threads.x, dimsA.y / threads.y);
  MatrixMulCUDA<16><<<grid, threads, 0>>>(d_C, d_A, d_B, dimsA.x, dimsB.x);
  cout << "done" << endl;
  return 0;
}

template __global__ void MatrixMulCUDA<16>(float* C, float* A, float* B, int wA, int wB);

int main(int argc, char** argv) {
  dim3 dimsA(320, 320, 1), dimsB(640, 320, 1);
  exit(MatrixMultiply(argc, argv, dimsA, dimsB));
}
