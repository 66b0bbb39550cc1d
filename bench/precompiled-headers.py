#!/usr/bin/env python3
"""All kernels of a project anew, without and with precompiled headers. usage: precompiled-headers.py FUSIONC.DLL NVRTC CCCL [ROUNDS [WORDS]]
CCCL is the folder of libcu++'s and CUB's headers; WORDS leave only the cases that have them. The results go to standard output. NVRTC has to
be 12.8 or later."""
import filecmp
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

fusionc, nvrtc, cccl = (os.path.abspath(argument) for argument in sys.argv[1:4])
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
repository = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SMALL = 'extern "C" __global__ void k{0}(float *x) {{ x[threadIdx.x] *= {0}; }}\n'
HALVES = "#include <cuda_fp16.h>\n#include <cuda_bf16.h>\n#include <cooperative_groups.h>\n"
BLOCK = ("#include <cub/block/block_reduce.cuh>\n"
         'extern "C" __global__ void k{0}(const int *in, int *out) {{\n'
         "  using Reduce = cub::BlockReduce<int, 128>;\n"
         "  __shared__ typename Reduce::TempStorage shared;\n"
         "  int sum = Reduce(shared).Sum(in[threadIdx.x] * {0});\n"
         "  if (threadIdx.x == 0) *out = sum;\n}}\n")
CASES = [
    ("20 kernels that include nothing", 20, SMALL),
    ("20 that include `cuda_runtime.h`, `stdint.h`, `math.h`", 20, "#include <cuda_runtime.h>\n#include <stdint.h>\n#include <math.h>\n" + SMALL),
    ("20 with `cuda_fp16.h`, `cuda_bf16.h`, `cooperative_groups.h`", 20, HALVES + SMALL),
    ("4 with these", 4, HALVES + SMALL),
    ("3 with these, which are too few", 3, HALVES + SMALL),
    ("20 with `cuda_fp16.h`", 20, "#include <cuda_fp16.h>\n" + SMALL),
    ("20 with `mma.h`", 20, "#include <mma.h>\n" + SMALL),
    ("10 with `<cub/block/block_reduce.cuh>`", 10, BLOCK),
    ("the built-in kernels of all-reduces of bf16", 0, ""),
]


def join(*fields):
    return "\t".join(field.replace("\\", "\\\\") for field in fields) + "\n"


def write_request(folder, mode, sources):
    out = os.path.join(folder, mode)
    os.makedirs(out, exist_ok=True)
    with open(out + ".request", "w", encoding="utf-8") as file:
        file.write(join("fusion-request", "2") + join("ProjectDirectory", folder) + join("OutputDirectory", out + "/")
                   + join("StateFile", out + ".state") + join("FusionIncludePath", os.path.join(repository, "kernels", "cu"))
                   + join("CcclPath", cccl) + join("NvrtcPath", nvrtc) + join("Cache", "false") + join("SdkVersion", "0"))
        for source in sources:
            file.write(join("Kernels", source, os.path.basename(source)[:-3], "Architectures", "sm_80;sm_90a;compute_80",
                            "PrecompiledHeaders", mode, "Std", "c++17"))
    return out


def compile_anew(out):
    shutil.rmtree(out)
    begin = time.perf_counter()
    run = subprocess.run(["dotnet", "exec", fusionc, "--request", out + ".request"], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if run.returncode != 0:
        sys.exit(run.stdout + run.stderr)
    return seconds, (run.stdout + run.stderr).count("Precompiled for")


print("| Kernels, for sm_80, sm_90a and compute_80 | without, s | with, s | with / without | precompiled |\n|---|--:|--:|--:|--:|", flush=True)
for name, count, text in CASES:
    if len(sys.argv) > 5 and not any(word in name for word in sys.argv[5:]):
        continue
    folder = tempfile.mkdtemp(prefix="fusion-bench-")
    sources = [os.path.join(folder, f"k{i}.cu") for i in range(1, count + 1)]
    for i, source in enumerate(sources, 1):
        with open(source, "w", encoding="utf-8") as file:
            file.write(text.format(i))
    if count == 0:
        entry = os.path.join(repository, "kernels", "cu", "entry")
        sources = [os.path.join(entry, file) for file in sorted(os.listdir(entry)) if file.startswith(("one_shot_bf16", "two_shot_bf16"))]
    without, with_them = (write_request(folder, mode, sources) for mode in ("false", "auto"))
    pairs = []
    for turn in range(rounds):
        both = {}
        for out in (without, with_them) if turn % 2 == 0 else (with_them, without):
            both[out] = compile_anew(out)
        pairs.append((both[without][0], both[with_them][0], both[with_them][1]))
    for file in os.listdir(without):
        if file.endswith((".cubin", ".ptx")) and not filecmp.cmp(os.path.join(without, file), os.path.join(with_them, file), shallow=False):
            sys.exit(f"{file} is not the same")
    print(f"| {name} | {statistics.median(p[0] for p in pairs):.2f} | {statistics.median(p[1] for p in pairs):.2f} "
          f"| {statistics.median(p[1] / p[0] for p in pairs):.2f} | {pairs[0][2]} |", flush=True)
    shutil.rmtree(folder)
