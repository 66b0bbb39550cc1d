// Compares the functions of kernels/compat with those of CUDA's headers: each is compiled by NVRTC once with
// the one and once with the other, both run on the same inputs, and every bit of the results is compared.
// Libraries are loaded by name, so it builds anywhere.
//
// compare FUNCTIONS PRELUDE COMPAT CUDA NVRTC ARCH RESULT   compares on GPU 0
// compare FUNCTIONS PRELUDE COMPAT "" NVRTC ARCH            only compiles ours

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

typedef unsigned long long u64;
using std::string;

struct Function {
  string section, amount, text;
};

static void* library;
template <class F>
static F symbol(void* from, const char* name) {
  void* found = dlsym(from, name);
  if (found == nullptr) {
    std::cerr << name << " was not found\n";
    exit(2);
  }
  return reinterpret_cast<F>(found);
}

static string replaced(string text, const string& what, const string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

static std::vector<string> varied(const std::vector<string>& texts, const string& mark,
                                  const std::vector<string>& words) {
  std::vector<string> all;
  for (const string& text : texts) {
    if (text.find(mark) == string::npos) {
      all.push_back(text);
    } else {
      for (const string& word : words) all.push_back(replaced(text, mark, word));
    }
  }
  return all;
}

static std::vector<Function> read_functions(const string& path) {
  std::vector<Function> all;
  std::ifstream file(path);
  string line, section;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      section = line.substr(1, line.find(']') - 1);
      continue;
    }
    size_t blank = line.find(' ');
    string amount = line.substr(0, blank);
    std::vector<string> texts = {line.substr(blank + 1)};
    if (section == "16") {
      texts = varied(varied(texts, "@", {"rn", "rz", "rd", "ru"}), "#", {"eq", "ne", "lt", "le", "gt", "ge"});
      for (const string& format : {"half", "bfloat16"}) {
        bool half = format == string("half");
        for (string text : texts) {
          text = replaced(replaced(text, "X2(", half ? "H2(" : "B2("), "X(", half ? "H(" : "B(");
          text = replaced(replaced(text, "%T2", half ? "__half2" : "__nv_bfloat162"), "%to",
                          half ? "__half2" : "__bfloat162");
          text = replaced(replaced(text, "%T", half ? "__half" : "__nv_bfloat16"), "%w", format);
          all.push_back({format, amount, replaced(text, "%n", half ? "__half" : "__bfloat16")});
        }
      }
      continue;
    }
    if (section == "fp8")
      texts =
          varied(varied(texts, "&, ", {"__NV_NOSAT, ", "__NV_SATFINITE, "}), "~", {"__NV_E4M3", "__NV_E5M2"});
    if (section == "e8m0")
      texts = varied(varied(texts, "&, ", {"__NV_NOSAT, ", "__NV_SATFINITE, "}), "|",
                     {"cudaRoundZero", "cudaRoundPosInf"});
    for (const string& text : texts) all.push_back({section, amount, text});
  }
  return all;
}

static string source_of(const string& prelude, const std::vector<Function>& functions, size_t first,
                        size_t last) {
  std::ostringstream text;
  text << prelude;
  for (size_t i = first; i < last; ++i) {
    text << "extern \"C\" __global__ void f" << i << "(u64 first, int each, u64* out) {\n"
         << "  u64 i = blockIdx.x * static_cast<u64>(blockDim.x) + threadIdx.x;\n"
         << "  u64 word = each ? first + i : mixed(first + i);\n"
         << "  out[i] = bits(" << functions[i].text << ");\n}\n";
  }
  return text.str();
}

static string log_of_last;
static std::vector<char> compiled(const string& source, const std::vector<string>& options) {
  void* program = nullptr;
  symbol<int (*)(void**, const char*, const char*, int, void*, void*)>(library, "nvrtcCreateProgram")(
      &program, source.c_str(), "compare.cu", 0, nullptr, nullptr);
  std::vector<const char*> list;
  for (const string& option : options) list.push_back(option.c_str());
  int result = symbol<int (*)(void*, int, const char**)>(library, "nvrtcCompileProgram")(
      program, static_cast<int>(list.size()), list.data());
  size_t size = 0;
  symbol<int (*)(void*, size_t*)>(library, "nvrtcGetProgramLogSize")(program, &size);
  log_of_last.assign(size, ' ');
  symbol<int (*)(void*, char*)>(library, "nvrtcGetProgramLog")(program, &log_of_last[0]);
  std::vector<char> image;
  if (result == 0) {
    symbol<int (*)(void*, size_t*)>(library, "nvrtcGetCUBINSize")(program, &size);
    image.resize(size);
    symbol<int (*)(void*, char*)>(library, "nvrtcGetCUBIN")(program, image.data());
  }
  symbol<int (*)(void**)>(library, "nvrtcDestroyProgram")(&program);
  return image;
}

// The images of both sides for functions first to last; where one does not compile, each alone.
struct Pair {
  std::vector<char> ours, theirs;
  size_t first, last;
};
static void compile(const string& prelude, const std::vector<Function>& functions, size_t first, size_t last,
                    const std::vector<string>& ours, const std::vector<string>& theirs,
                    std::vector<Pair>& pairs, std::map<size_t, string>& failures) {
  Pair pair = {compiled(source_of(prelude, functions, first, last), ours), {}, first, last};
  string our_log = log_of_last;
  if (!theirs.empty() && !pair.ours.empty())
    pair.theirs = compiled(source_of(prelude, functions, first, last), theirs);
  bool fine = !pair.ours.empty() && (theirs.empty() || !pair.theirs.empty());
  if (fine) {
    pairs.push_back(pair);
  } else if (last - first > 1) {
    size_t middle = (first + last) / 2;
    compile(prelude, functions, first, middle, ours, theirs, pairs, failures);
    compile(prelude, functions, middle, last, ours, theirs, pairs, failures);
  } else {
    string log = pair.ours.empty() ? our_log : log_of_last;
    failures[first] =
        (pair.ours.empty() ? "ours does not compile: " : "CUDA's does not compile: ") + log.substr(0, 300);
  }
}

static const char* kCompare =
    "typedef unsigned long long u64;\n"
    "extern \"C\" __global__ void differences(const u64* a, const u64* b, u64 count, u64* out) {\n"
    "  u64 i = blockIdx.x * static_cast<u64>(blockDim.x) + threadIdx.x;\n"
    "  if (i >= count) return;\n"
    "  u64 x = (a[i] ^ i * 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;\n"
    "  atomicAdd(out + 2, x ^ x >> 31);\n"
    "  if (a[i] == b[i]) return;\n"
    "  atomicAdd(out, 1ull);\n"
    "  atomicMin(out + 1, i);\n"
    "}\n";

int main(int count, char** arguments) {
  if (count < 7) return 2;
  std::vector<Function> functions = read_functions(arguments[1]);
  std::ifstream file(arguments[2]);
  std::stringstream prelude;
  prelude << file.rdbuf();
  string cuda = arguments[4];
  library = dlopen(arguments[5], RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    std::cerr << dlerror() << "\n";
    return 2;
  }
  int major = 0, minor = 0;
  symbol<int (*)(int*, int*)>(library, "nvrtcVersion")(&major, &minor);
  if (major * 100 + minor < 1208) {
    std::vector<Function> known;
    for (const Function& f : functions) {
      if (!cuda.empty() && (f.section == "e8m0" || f.section == "fp4")) continue;
      known.push_back(f);
    }
    functions = known;
  }
  string with_fp4 = cuda.empty() && major * 100 + minor < 1208 ? "#include <cuda_fp4.h>\n" : "";
  std::vector<string> shared = {string("-arch=") + arguments[6], "-std=c++17", "-w"}, ours = shared, theirs;
  ours.push_back(string("-I") + arguments[3]);
  if (!cuda.empty()) {
    theirs = shared;
    theirs.push_back("-I" + cuda);
    theirs.push_back("-I" + cuda + "/cccl");
  }

  std::vector<Pair> pairs;
  std::map<size_t, string> failures;
  for (size_t first = 0; first < functions.size(); first += 32)
    compile(with_fp4 + prelude.str(), functions, first, std::min(first + 32, functions.size()), ours, theirs,
            pairs, failures);
  std::cout << functions.size() << " functions, " << failures.size() << " do not compile (NVRTC " << major
            << "." << minor << ")\n";
  for (const auto& failure : failures)
    std::cout << functions[failure.first].text << ": " << failure.second << "\n";
  if (cuda.empty() || count < 8) return failures.empty() ? 0 : 1;

  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (driver == nullptr) return 2;
  auto check = [](int result, const char* what) {
    if (result == 0) return;
    std::cerr << what << " gave " << result << "\n";
    exit(3);
  };
  void *context = nullptr, *module = nullptr, *differences = nullptr;
  check(symbol<int (*)(unsigned)>(driver, "cuInit")(0), "cuInit");
  check(symbol<int (*)(void**, int)>(driver, "cuDevicePrimaryCtxRetain")(&context, 0),
        "cuDevicePrimaryCtxRetain");
  check(symbol<int (*)(void*)>(driver, "cuCtxSetCurrent")(context), "cuCtxSetCurrent");
  char card[200] = "";
  symbol<int (*)(char*, int, int)>(driver, "cuDeviceGetName")(card, sizeof card, 0);
  auto load = symbol<int (*)(void**, const void*)>(driver, "cuModuleLoadData");
  auto unload = symbol<int (*)(void*)>(driver, "cuModuleUnload");
  auto get = symbol<int (*)(void**, void*, const char*)>(driver, "cuModuleGetFunction");
  auto global = symbol<int (*)(u64*, size_t*, void*, const char*)>(driver, "cuModuleGetGlobal_v2");
  auto allocate = symbol<int (*)(u64*, size_t)>(driver, "cuMemAlloc_v2");
  auto to_device = symbol<int (*)(u64, const void*, size_t)>(driver, "cuMemcpyHtoD_v2");
  auto to_host = symbol<int (*)(void*, u64, size_t)>(driver, "cuMemcpyDtoH_v2");
  auto synchronize = symbol<int (*)()>(driver, "cuCtxSynchronize");
  auto launch = symbol<int (*)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                               void*, void**, void**)>(driver, "cuLaunchKernel");
  std::vector<char> comparing = compiled(kCompare, shared);
  check(load(&module, comparing.data()), "cuModuleLoadData");
  check(get(&differences, module, "differences"), "cuModuleGetFunction");

  const u64 many = 1ull << 24;
  u64 a = 0, b = 0, memory = 0, result = 0;
  check(allocate(&a, many * 8), "cuMemAlloc");
  check(allocate(&b, many * 8), "cuMemAlloc");
  check(allocate(&memory, many * 16), "cuMemAlloc");
  check(allocate(&result, 24), "cuMemAlloc");

  std::ofstream table(string(arguments[7]) + "/compat.txt"),
      hashes(string(arguments[7]) + "/compat-hashes.tsv");
  u64 inputs = 0, wrong = 0;
  for (const Pair& pair : pairs) {
    void* modules[2];
    check(load(&modules[0], pair.ours.data()), "cuModuleLoadData");
    check(load(&modules[1], pair.theirs.data()), "cuModuleLoadData");
    for (void* one : modules) {
      u64 place = 0;
      size_t size = 0;
      if (global(&place, &size, one, "memory") == 0) check(to_device(place, &memory, 8), "cuMemcpyHtoD");
    }
    for (size_t i = pair.first; i < pair.last; ++i) {
      const Function& f = functions[i];
      bool each = f.amount == "all";
      u64 lanes = each                ? 65536
                  : f.amount == "few" ? 1 << 17
                                      : many,
          differing = 0, at = ~0ull, hash = 0, tried = 0, found[2] = {0, 0};
      for (u64 round = 0; round < (each || f.amount == "few" ? 1 : 4); ++round) {
        u64 first = round * many, values[3] = {0, ~0ull, 0};
        int whether = each;
        void* kernels[2];
        u64 outputs[2] = {a, b};
        for (int side = 0; side < 2; ++side) {
          check(get(&kernels[side], modules[side], ("f" + std::to_string(i)).c_str()), "cuModuleGetFunction");
          void* parameters[] = {&first, &whether, &outputs[side]};
          check(launch(kernels[side], static_cast<unsigned>(lanes / 128), 1, 1, 128, 1, 1, 0, nullptr,
                       parameters, nullptr),
                "cuLaunchKernel");
        }
        check(to_device(result, values, 24), "cuMemcpyHtoD");
        void* parameters[] = {&a, &b, &lanes, &result};
        check(launch(differences, static_cast<unsigned>((lanes + 255) / 256), 1, 1, 256, 1, 1, 0, nullptr,
                     parameters, nullptr),
              "cuLaunchKernel");
        check(synchronize(), f.text.c_str());
        check(to_host(values, result, 24), "cuMemcpyDtoH");
        differing += values[0];
        if (values[1] != ~0ull && at == ~0ull) {
          at = first + values[1];
          to_host(&found[0], a + values[1] * 8, 8);
          to_host(&found[1], b + values[1] * 8, 8);
        }
        hash ^= values[2];
        tried += lanes;
      }
      inputs += tried;
      wrong += differing != 0;
      hashes << f.section << "\t" << f.text << "\t" << tried << "\t" << std::hex << hash << std::dec << "\n";
      if (differing == 0) continue;
      std::ostringstream line;
      line << f.section << ": " << f.text << ": " << differing << " of " << tried
           << " differ; first at input " << std::hex << at << ": ours " << found[0] << ", CUDA's " << found[1]
           << std::dec << "\n";
      // Those of few inputs are all listed, since they are corrected one by one.
      if (each && differing <= 80) {
        std::vector<u64> x(lanes), y(lanes);
        to_host(x.data(), a, lanes * 8);
        to_host(y.data(), b, lanes * 8);
        line << "   " << std::hex;
        for (u64 k = 0; k < lanes; ++k) {
          if (x[k] != y[k]) line << " " << k << ":" << x[k] << "/" << y[k];
        }
        line << std::dec << "\n";
      }
      std::cout << line.str();
      table << line.str();
    }
    unload(modules[0]);
    unload(modules[1]);
  }
  for (const auto& failure : failures)
    table << functions[failure.first].text << ": " << failure.second << "\n";
  std::ostringstream end;
  end << card << ", NVRTC " << major << "." << minor << ": " << functions.size() - failures.size()
      << " functions over " << inputs << " inputs, " << wrong << " of them differ, " << failures.size()
      << " do not compile\n";
  std::cout << end.str();
  table << end.str();
  return wrong == 0 && failures.empty() ? 0 : 1;
}
