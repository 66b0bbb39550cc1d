// A libcuda.so.1 that notes each call of the driver. With COLD_DRIVER=PATH it hands calls on to the driver at that path; without, it
// answers them itself, as two GPUs whose kernels do nothing. At the end it writes a line a call to the file COLD_TRACE: name, begin
// and end in nanoseconds of CLOCK_MONOTONIC, and the result.
// Build: gcc -O2 -shared -fPIC -o libcuda.so.1 driver.c -ldl
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef long word;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

// All functions that Fusion.Interop asks for, and those of bare.c.
#define FUNCTIONS(F)                                                                                                       \
  F(cuInit) F(cuDriverGetVersion) F(cuGetErrorName) F(cuGetErrorString) F(cuDeviceGet) F(cuDeviceGetCount)                 \
  F(cuDeviceGetName) F(cuDeviceTotalMem_v2) F(cuDeviceGetAttribute) F(cuDeviceCanAccessPeer) F(cuDevicePrimaryCtxRetain)   \
  F(cuDevicePrimaryCtxRelease_v2) F(cuCtxGetCurrent) F(cuCtxSetCurrent) F(cuCtxGetDevice) F(cuCtxSynchronize)              \
  F(cuCtxEnablePeerAccess) F(cuModuleLoadData) F(cuModuleLoadDataEx) F(cuModuleUnload) F(cuModuleGetFunction)              \
  F(cuModuleGetGlobal_v2) F(cuFuncGetAttribute) F(cuFuncSetAttribute) F(cuFuncLoad) F(cuFuncGetParamInfo)                  \
  F(cuLaunchKernelEx) F(cuOccupancyMaxActiveBlocksPerMultiprocessor) F(cuOccupancyMaxActiveClusters) F(cuMemAlloc_v2)      \
  F(cuMemFree_v2) F(cuMemGetInfo_v2) F(cuMemAllocAsync) F(cuMemFreeAsync) F(cuMemHostAlloc) F(cuMemFreeHost) F(cuMemHostGetDevicePointer_v2)  \
  F(cuMemcpyAsync) F(cuMemcpyDtoHAsync_v2) F(cuMemcpyHtoDAsync_v2) F(cuMemsetD8Async) F(cuPointerGetAttributes)            \
  F(cuStreamCreate) F(cuStreamDestroy_v2) F(cuStreamSynchronize) F(cuStreamQuery) F(cuStreamWaitEvent) F(cuStreamGetCtx)   \
  F(cuStreamAddCallback) F(cuStreamIsCapturing) F(cuStreamBeginCapture_v2) F(cuStreamEndCapture) F(cuEventCreate)          \
  F(cuEventDestroy_v2) F(cuEventElapsedTime) F(cuEventQuery) F(cuEventRecord) F(cuEventSynchronize) F(cuGraphDestroy)      \
  F(cuGraphExecDestroy) F(cuGraphInstantiateWithFlags) F(cuGraphLaunch)

enum {
#define NUMBER(name) N_##name,
  FUNCTIONS(NUMBER) Count
};
static const char *const names[] = {
#define NAME(name) #name,
    FUNCTIONS(NAME)};
static word (*real[Count])(word, word, word, word, word, word);

enum { MaxCalls = 65536 };
static struct {
  int function, result;
  long begin, end;
} calls[MaxCalls];
static int noted;

// The machine without a GPU: memory is the host's, in the order of its allocation.
enum { MaxBlocks = 4096, InvalidValue = 1 };
static struct {
  char *start;
  size_t bytes;
  int device, isHost;
} blocks[MaxBlocks];
static int made;
static _Thread_local word current;
static char functionNames[4096][64];
static int functions;

static word allocate(word *address, size_t bytes, int isHost) {
  int own = __sync_fetch_and_add(&made, 1);
  blocks[own].start = aligned_alloc(256, (bytes + 255) / 256 * 256);
  blocks[own].bytes = bytes;
  blocks[own].device = current ? (int)current - 1 : 0;
  blocks[own].isHost = isHost;
  *address = (word)blocks[own].start;
  return 0;
}

static word describe(unsigned count, const int *attributes, void **values, word address) {
  for (int b = 0; b < made; b++) {
    if (address < (word)blocks[b].start || address >= (word)blocks[b].start + (long)blocks[b].bytes) continue;
    for (unsigned i = 0; i < count; i++) {
      switch (attributes[i]) {
        case 1: *(word *)values[i] = blocks[b].device + 1; break;
        case 2: *(int *)values[i] = blocks[b].isHost ? 1 : 2; break;
        case 8: *(int *)values[i] = 0; break;
        case 9: *(int *)values[i] = blocks[b].device; break;
        case 11: *(word *)values[i] = (word)blocks[b].start; break;
        case 12: *(size_t *)values[i] = blocks[b].bytes; break;
        default: return InvalidValue;
      }
    }
    return 0;
  }
  return InvalidValue;
}

static int deviceAttribute(int attribute) {
  switch (attribute) {
    case 1: return 1024;     // threads of a block
    case 16: return 132;     // multiprocessors
    case 75: return 9;       // compute capability
    case 97: return 232448;  // shared memory of a block
    default: return 0;
  }
}

static word parameter(word function, word index, word *offset, word *size) {
  static const int scale[][2] = {{0, 8}, {8, 4}, {12, 4}};
  int isScale = strcmp(functionNames[function - 1], "scale") == 0;
  if (index >= (isScale ? 3 : 1)) return InvalidValue;
  *offset = isScale ? scale[index][0] : 0;
  *size = isScale ? scale[index][1] : 296;
  return 0;
}

static word answer(int function, word a, word b, word c, word d) {
  switch (function) {
    case N_cuDriverGetVersion: *(int *)a = 13000; return 0;
    case N_cuDeviceGet: *(int *)a = (int)b; return 0;
    case N_cuDeviceGetCount: *(int *)a = 2; return 0;
    case N_cuDeviceGetName: strncpy((char *)a, "No GPU", b); return 0;
    case N_cuDeviceTotalMem_v2: *(size_t *)a = 80UL << 30; return 0;
    case N_cuDeviceGetAttribute: *(int *)a = deviceAttribute((int)b); return 0;
    case N_cuDeviceCanAccessPeer: *(int *)a = 1; return 0;
    case N_cuDevicePrimaryCtxRetain: *(word *)a = b + 1; return 0;
    case N_cuCtxGetCurrent: *(word *)a = current; return 0;
    case N_cuCtxSetCurrent: current = a; return 0;
    case N_cuCtxGetDevice: *(int *)a = (int)current - 1; return 0;
    case N_cuModuleLoadData:
    case N_cuModuleLoadDataEx:
    case N_cuStreamCreate:
    case N_cuEventCreate: *(word *)a = 1000; return 0;
    case N_cuModuleGetFunction: {
      int own = __sync_fetch_and_add(&functions, 1);
      strncpy(functionNames[own], (char *)c, 63);
      *(word *)a = own + 1;
      return 0;
    }
    case N_cuFuncGetAttribute: *(int *)a = b == 0 ? 1024 : 0; return 0;
    case N_cuFuncGetParamInfo: return parameter(a, b, (word *)c, (word *)d);
    case N_cuOccupancyMaxActiveBlocksPerMultiprocessor: *(int *)a = 2; return 0;
    case N_cuOccupancyMaxActiveClusters: *(int *)a = 64; return 0;
    case N_cuMemAlloc_v2:
    case N_cuMemAllocAsync: return allocate((word *)a, (size_t)b, 0);
    case N_cuMemHostAlloc: return allocate((word *)a, (size_t)b, 1);
    case N_cuMemHostGetDevicePointer_v2: *(word *)a = b; return 0;
    case N_cuMemcpyAsync:
    case N_cuMemcpyDtoHAsync_v2:
    case N_cuMemcpyHtoDAsync_v2: memcpy((void *)a, (void *)b, c); return 0;
    case N_cuMemsetD8Async: memset((void *)a, (int)b, c); return 0;
    case N_cuMemGetInfo_v2: *(size_t *)a = *(size_t *)b = 80UL << 30; return 0;
    case N_cuPointerGetAttributes: return describe((unsigned)a, (int *)b, (void **)c, d);
    case N_cuStreamGetCtx: *(word *)b = current; return 0;
    case N_cuStreamIsCapturing: *(int *)b = 0; return 0;
    default: return 0;
  }
}

static word call(int function, word a, word b, word c, word d, word e, word f) {
  int own = __sync_fetch_and_add(&noted, 1) % MaxCalls;
  calls[own].function = function;
  calls[own].begin = now();
  word result = getenv("COLD_DRIVER") ? (real[function] ? real[function](a, b, c, d, e, f) : 500) : answer(function, a, b, c, d);
  calls[own].end = now();
  calls[own].result = (int)result;
  return (int)result;
}

// All parameters of these functions are words: pointers, handles and whole numbers.
#define EXPORT(name) \
  word name(word a, word b, word c, word d, word e, word f) { return call(N_##name, a, b, c, d, e, f); }
FUNCTIONS(EXPORT)

static long loadBegin, loadEnd;

__attribute__((constructor)) static void load(void) {
  const char *path = getenv("COLD_DRIVER");
  if (!path) return;
  loadBegin = now();
  void *library = dlopen(path, RTLD_NOW);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    exit(3);
  }
  loadEnd = now();
  for (int i = 0; i < Count; i++) real[i] = (word(*)(word, word, word, word, word, word))dlsym(library, names[i]);
}

__attribute__((destructor)) static void write(void) {
  const char *path = getenv("COLD_TRACE");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  if (loadEnd) fprintf(file, "dlopen\t%ld\t%ld\t0\n", loadBegin, loadEnd);
  for (int i = 0; i < noted && i < MaxCalls; i++)
    fprintf(file, "%s\t%ld\t%ld\t%d\n", names[calls[i].function], calls[i].begin, calls[i].end, calls[i].result);
  fclose(file);
}
