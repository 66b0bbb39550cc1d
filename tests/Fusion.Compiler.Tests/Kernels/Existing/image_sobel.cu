#include <cuda_runtime.h>
#include <algorithm>
typedef unsigned char Pixel;
__device__ unsigned char ComputeSobel(unsigned char ul, unsigned char um, unsigned char ur, unsigned char ll,
                                      unsigned char lm, unsigned char lr, float fScale) {
  short Horz = ur + lr - ul - ll;
  short Vert = ul + 2 * um + ur - ll - 2 * lm - lr;
  short Sum = (short)(fScale * (abs((int)Horz) + abs((int)Vert)));
  return (unsigned char)std::min(std::max(Sum, (short)0), (short)0xff);
}
__global__ void SobelTex(Pixel* pSobelOriginal, unsigned int Pitch, int w, int h, float fScale,
                         cudaTextureObject_t tex) {
  unsigned char* pSobel = (unsigned char*)(((char*)pSobelOriginal) + blockIdx.x * Pitch);
  for (int i = threadIdx.x; i < w; i += blockDim.x) {
    unsigned char p00 = tex2D<unsigned char>(tex, (float)i - 1, (float)blockIdx.x - 1);
    pSobel[i] = ComputeSobel(p00, p00, p00, p00, p00, p00, fScale);
  }
}
