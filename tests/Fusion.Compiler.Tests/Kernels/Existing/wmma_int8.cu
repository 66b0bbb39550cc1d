#include <mma.h>
#include <stdint.h>
using namespace nvcuda::wmma;
__global__ void imma(const uint8_t* A, const uint8_t* B, const int* C, int* D, int alpha) {
  fragment<matrix_a, 16, 16, 16, uint8_t, row_major> a;
  fragment<matrix_b, 16, 16, 16, uint8_t, col_major> b;
  fragment<accumulator, 16, 16, 16, int> c;
  load_matrix_sync(c, C, 16, mem_row_major);
  load_matrix_sync(a, A, 16);
  load_matrix_sync(b, B, 16);
  mma_sync(c, a, b, c, true);
  for (int t = 0; t < c.num_elements; t++) c.x[t] *= alpha;
  store_matrix_sync(D, c, 16, mem_row_major);
}
__host__ void init_host_matrices(uint8_t* a, uint8_t* b) {
  for (int i = 0; i < 256; i++) a[i] = b[i] = (uint8_t)(rand() % 3);
}
