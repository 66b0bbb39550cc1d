// Writes down each kernel that a program runs on GPUs, of CUDA graphs too: device, start and end in nanoseconds, and name.
//
//   g++ -shared -fPIC -O2 kernel-times.cpp -o kernel-times.so -I CUDA/include -L CUPTI/lib64 -lcupti
//   CUDA_INJECTION64_PATH=$PWD/kernel-times.so KERNEL_TIMES=kernels.csv PROGRAM
//
// With KERNEL_TIMES_CALLS=1 it writes down the calls of the driver instead, with the thread in place of the device: what the host does.
//
// The driver loads it into the program. The program is slower meanwhile, by a microsecond or so a kernel: compare kernels, not wholes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <cupti.h>

namespace {

constexpr size_t BufferBytes = 8 << 20;

FILE* output;
std::mutex gate;

void Request(uint8_t** buffer, size_t* bytes, size_t* records) {
  *buffer = static_cast<uint8_t*>(std::aligned_alloc(64, BufferBytes));
  *bytes = BufferBytes;
  *records = 0;
}

void Completed(CUcontext, uint32_t, uint8_t* buffer, size_t, size_t valid) {
  std::lock_guard<std::mutex> lock(gate);
  CUpti_Activity* record = nullptr;
  while (output && cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) {
    if (record->kind == CUPTI_ACTIVITY_KIND_DRIVER) {
      auto const* call = reinterpret_cast<CUpti_ActivityAPI const*>(record);
      char const* name = nullptr;
      cuptiGetCallbackName(CUPTI_CB_DOMAIN_DRIVER_API, call->cbid, &name);
      std::fprintf(output, "%u,%llu,%llu,0,0,\"%s\"\n", call->threadId, static_cast<unsigned long long>(call->start),
                   static_cast<unsigned long long>(call->end), name ? name : "");
    }
    if (record->kind != CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) continue;
    auto const* kernel = reinterpret_cast<CUpti_ActivityKernel9 const*>(record);
    std::fprintf(output, "%u,%llu,%llu,%d,%d,\"%s\"\n", kernel->deviceId, static_cast<unsigned long long>(kernel->start),
                 static_cast<unsigned long long>(kernel->end), kernel->gridX * kernel->gridY * kernel->gridZ,
                 kernel->blockX * kernel->blockY * kernel->blockZ, kernel->name);
  }
  std::free(buffer);
}

void Finish() {
  cuptiActivityFlushAll(1);
  std::lock_guard<std::mutex> lock(gate);
  if (output) std::fclose(output);
  output = nullptr;
}

}  // namespace

extern "C" int InitializeInjection() {
  char const* path = std::getenv("KERNEL_TIMES");
  output = std::fopen(path ? path : "kernels.csv", "w");
  if (!output) return 0;
  std::fprintf(output, "device,start,end,blocks,threads,name\n");
  cuptiActivityRegisterCallbacks(Request, Completed);
  CUptiResult result = cuptiActivityEnable(std::getenv("KERNEL_TIMES_CALLS") ? CUPTI_ACTIVITY_KIND_DRIVER : CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
  if (result != CUPTI_SUCCESS) std::fprintf(stderr, "kernel-times: CUPTI gives no records, error %d\n", result);
  std::atexit(Finish);
  return 1;
}
