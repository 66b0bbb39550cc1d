// Cold start of a program in C that makes only the driver calls that its first result needs: the floor for ColdStart, the same in C#.
// usage: bare kernel|all-reduce CUBIN [log] [late] [parallel]
//   log       the module is loaded with a buffer for the driver's log, as Fusion.Runtime does
//   late      CUDA_DEVICE_MAX_CONNECTIONS=32 is set between cuInit and the first context
//   parallel  a thread for each GPU makes its context and loads its module
// It prints a line a step: name and nanoseconds since COLD_BEGIN, a time of CLOCK_MONOTONIC.
// Build: gcc -O2 -o bare bare.c -ldl -lpthread
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint64_t u64;

enum { Hidden = 4096, Tokens = 64, MaxGpus = 2 };

static struct {
  const char *name;
  long time;
} steps[32];
static int stepCount;
static int withLog, late, parallel;

static void step(const char *name) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  steps[stepCount].name = name;
  steps[stepCount++].time = t.tv_sec * 1000000000L + t.tv_nsec;
}

static void *library;

static void *find(const char *name) {
  void *function = dlsym(library, name);
  if (function) return function;
  fprintf(stderr, "the driver has no %s\n", name);
  exit(2);
}

static void check(int result, const char *name) {
  if (result == 0) return;
  fprintf(stderr, "%s: %d\n", name, result);
  exit(2);
}

#define CALL(name, types, ...) check(((int(*) types)find(#name))(__VA_ARGS__), #name)

struct Gpu {
  int device;
  void *context, *stream, *module, *function;
  u64 workspace, input, residual, gamma, quantized, scales, status;
};

static void *image;

static void setCurrent(struct Gpu *gpu) { CALL(cuCtxSetCurrent, (void *), gpu->context); }

static void openContext(struct Gpu *gpu, int ordinal) {
  CALL(cuDeviceGet, (int *, int), &gpu->device, ordinal);
  CALL(cuDevicePrimaryCtxRetain, (void **, int), &gpu->context, gpu->device);
  setCurrent(gpu);
}

static void loadModule(struct Gpu *gpu, const char *function) {
  static _Thread_local char log[8192];
  int options[] = {5, 6};  // error log, its size
  void *values[] = {log, (void *)sizeof(log)};
  setCurrent(gpu);
  CALL(cuModuleLoadDataEx, (void **, const void *, unsigned, int *, void **), &gpu->module, image, withLog ? 2 : 0, options, values);
  CALL(cuModuleGetFunction, (void **, void *, const char *), &gpu->function, gpu->module, function);
}

static u64 allocate(size_t bytes) {
  u64 address;
  CALL(cuMemAlloc_v2, (u64 *, size_t), &address, bytes);
  return address;
}

static u64 upload(struct Gpu *gpu, const void *values, size_t bytes) {
  u64 address = allocate(bytes);
  CALL(cuMemcpyHtoDAsync_v2, (u64, const void *, size_t, void *), address, values, bytes, gpu->stream);
  CALL(cuStreamSynchronize, (void *), gpu->stream);
  return address;
}

static void download(struct Gpu *gpu, void *values, u64 address, size_t bytes) {
  CALL(cuMemcpyDtoHAsync_v2, (void *, u64, size_t, void *), values, address, bytes, gpu->stream);
  CALL(cuStreamSynchronize, (void *), gpu->stream);
}

static void launch(struct Gpu *gpu, unsigned blocks, unsigned threads, void **arguments) {
  struct {
    unsigned grid[3], block[3], shared;
    void *stream, *options;
    unsigned optionCount;
  } config = {{1, blocks, 1}, {threads, 1, 1}, 0, gpu->stream, NULL, 0};
  setCurrent(gpu);
  CALL(cuLaunchKernelEx, (void *, void *, void **, void **), &config, gpu->function, arguments, NULL);
}

static int firstKernel(void) {
  struct Gpu gpu = {0};
  float values[3] = {1, 2, 3}, factor = 10;
  int count = 3;
  openContext(&gpu, 0);
  step("context");
  CALL(cuStreamCreate, (void **, unsigned), &gpu.stream, 1);
  u64 data = upload(&gpu, values, sizeof(values));
  step("data");
  loadModule(&gpu, "scale");
  step("module");
  void *arguments[] = {&data, &factor, &count};
  launch(&gpu, 1, 128, arguments);
  CALL(cuStreamSynchronize, (void *), gpu.stream);
  step("launch");
  download(&gpu, values, data, sizeof(values));
  step("result");
  CALL(cuDevicePrimaryCtxRelease_v2, (int), gpu.device);
  step("released");
  return values[0] == 10 && values[1] == 20 && values[2] == 30;
}

// AllReduceParams of kernels/cu/fusion/allreduce/params.cuh.
struct Parameters {
  u64 workspaces[16], input, sum, residual, residualOut, gamma, beta, normOut, quantOut, scaleOut, quantScale, status, timeout,
      bufferBytes, slotBytes, gatherOffset;
  int rank, ranks, tokens, hidden, norm, quant, layout, group, ue8m0;
  float epsilon, weightBias;
  int overlap;
};

static void *openAndLoad(void *of) {
  struct Gpu *gpu = of;
  openContext(gpu, gpu->device);
  loadModule(gpu, "one_shot_bf16_p1_v1");
  return NULL;
}

static int firstAllReduce(void) {
  struct Gpu gpus[MaxGpus] = {{.device = 0}, {.device = 1}};
  // What WorkspaceLayout computes for 64 tokens: a slot of one-shot, and a buffer that two-shot can use too.
  const size_t row = Hidden * 2, slot = Tokens * row, buffer = Tokens / 2 * row + Tokens * row;
  if (parallel) {
    pthread_t threads[MaxGpus];
    for (int i = 0; i < MaxGpus; i++) pthread_create(&threads[i], NULL, openAndLoad, &gpus[i]);
    for (int i = 0; i < MaxGpus; i++) pthread_join(threads[i], NULL);
  } else {
    for (int i = 0; i < MaxGpus; i++) openContext(&gpus[i], i);
  }
  for (int i = 0; i < MaxGpus; i++) {
    setCurrent(&gpus[i]);
    CALL(cuStreamCreate, (void **, unsigned), &gpus[i].stream, 1);
  }
  step("context");
  for (int i = 0; i < MaxGpus; i++) {
    setCurrent(&gpus[i]);
    CALL(cuCtxEnablePeerAccess, (void *, unsigned), gpus[1 - i].context, 0);
  }
  step("peers");
  for (int i = 0; i < MaxGpus && !parallel; i++) loadModule(&gpus[i], "one_shot_bf16_p1_v1");
  step("module");
  for (int i = 0; i < MaxGpus; i++) {
    setCurrent(&gpus[i]);
    gpus[i].workspace = allocate(256 + 2 * buffer);
    void *status;
    CALL(cuMemHostAlloc, (void **, size_t, unsigned), &status, 64, 3);
    memset(status, 0, 64);
    CALL(cuMemHostGetDevicePointer_v2, (u64 *, void *, unsigned), &gpus[i].status, status, 0);
    CALL(cuMemsetD8Async, (u64, unsigned char, size_t, void *), gpus[i].workspace, 0, 256, gpus[i].stream);
    CALL(cuMemsetD8Async, (u64, unsigned char, size_t, void *), gpus[i].workspace + 256, 255, 2 * buffer, gpus[i].stream);
    CALL(cuStreamSynchronize, (void *), gpus[i].stream);
  }
  step("workspace");
  static uint16_t values[Tokens * Hidden];
  for (int i = 0; i < MaxGpus; i++) {
    setCurrent(&gpus[i]);
    for (int j = 0; j < Tokens * Hidden; j++) values[j] = i == 0 ? 0x3F80 : 0x4000;  // 1, 2
    gpus[i].input = upload(&gpus[i], values, sizeof(values));
    for (int j = 0; j < Tokens * Hidden; j++) values[j] = 0x3F80;
    gpus[i].residual = upload(&gpus[i], values, sizeof(values));
    gpus[i].gamma = upload(&gpus[i], values, row);
    gpus[i].quantized = allocate(Tokens * Hidden);
    gpus[i].scales = allocate(Tokens * 4);
  }
  step("data");
  for (int i = 0; i < MaxGpus; i++) {
    struct Parameters p = {
        .workspaces = {gpus[0].workspace, gpus[1].workspace}, .input = gpus[i].input, .residual = gpus[i].residual,
        .residualOut = gpus[i].residual, .gamma = gpus[i].gamma, .quantOut = gpus[i].quantized, .scaleOut = gpus[i].scales,
        .status = gpus[i].status, .timeout = 10000000000, .bufferBytes = buffer, .slotBytes = slot, .rank = i, .ranks = MaxGpus,
        .tokens = Tokens, .hidden = Hidden, .norm = 1, .quant = 2, .epsilon = 1e-5f};
    void *arguments[] = {&p};
    launch(&gpus[i], Tokens, Hidden / 8, arguments);
  }
  step("launch");
  for (int i = 0; i < MaxGpus; i++) {
    setCurrent(&gpus[i]);
    CALL(cuStreamSynchronize, (void *), gpus[i].stream);
  }
  step("synchronized");
  int isRight = 1;
  static unsigned char codes[Tokens * Hidden];
  for (int i = 0; i < MaxGpus; i++) {
    setCurrent(&gpus[i]);
    download(&gpus[i], values, gpus[i].residual, sizeof(values));
    download(&gpus[i], codes, gpus[i].quantized, sizeof(codes));
    // A row of equal values: the sum is 4, and every code is the largest of FP8 E4M3, 448.
    for (int j = 0; j < Tokens * Hidden; j++) isRight &= values[j] == 0x4080 && codes[j] == 0x7E;
  }
  step("result");
  for (int i = 0; i < MaxGpus; i++) CALL(cuDevicePrimaryCtxRelease_v2, (int), gpus[i].device);
  step("released");
  return isRight;
}

int main(int count, char **arguments) {
  step("main");
  if (count < 3) {
    fprintf(stderr, "usage: bare kernel|all-reduce CUBIN [log] [late] [parallel]\n");
    return 2;
  }
  for (int i = 3; i < count; i++) {
    withLog |= strcmp(arguments[i], "log") == 0;
    late |= strcmp(arguments[i], "late") == 0;
    parallel |= strcmp(arguments[i], "parallel") == 0;
  }
  FILE *file = fopen(arguments[2], "rb");
  if (!file) return perror(arguments[2]), 2;
  image = aligned_alloc(8, 1 << 20);
  if (fread(image, 1, 1 << 20, file) == 0) return 2;
  fclose(file);
  library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library) return fprintf(stderr, "%s\n", dlerror()), 2;
  step("driver");
  CALL(cuInit, (unsigned), 0);
  step("cuInit");
  if (late) setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", 1);
  int isRight = strcmp(arguments[1], "kernel") == 0 ? firstKernel() : firstAllReduce();
  const char *begin = getenv("COLD_BEGIN");
  for (int i = 0; i < stepCount; i++) printf("%s\t%ld\n", steps[i].name, steps[i].time - (begin ? atol(begin) : steps[0].time));
  printf(isRight ? "right\t1\n" : "right\t0\n");
  return 0;
}
