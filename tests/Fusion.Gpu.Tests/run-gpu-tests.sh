#!/usr/bin/env bash
# Runs the GPU tests and the demos from the bundle beside this script. The machine needs a GPU and its driver; neither .NET
# nor a network. usage: run-gpu-tests.sh [OUTPUT-FOLDER]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/results}
mkdir -p "$output"
output=$(cd "$output" && pwd)
content=$(mktemp -d)
trap 'rm -rf "$content"' EXIT
tar -xzf "$here/content.tar.gz" -C "$content" || exit 1
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1
export FUSION_BUNDLE_FUSIONC=$content/fusionc
# NCCL is where PyTorch has it, or where the loader finds it.
nccl=$(python3 -c 'import nvidia.nccl, os; print(os.path.join(list(nvidia.nccl.__path__)[0], "lib"))' 2>/dev/null)
[ -e "$nccl/libnccl.so.2" ] && export FUSION_TEST_NCCL=$nccl
# cuBLASLt likewise: CUDA 13's packages have one folder for all libraries, CUDA 12's one each.
for part in cu13 cublas; do
  cublas=$(python3 -c "import nvidia.$part, os; print(os.path.join(list(nvidia.$part.__path__)[0], 'lib'))" 2>/dev/null)
  ls "$cublas"/libcublasLt.so.1? >/dev/null 2>&1 && export FUSION_CUBLASLT_PATH=$cublas && break
done
failed=0
step() { note "$@" || { failed=1; echo "FAILED"; }; }
note() {
  local log=$output/$1.txt
  shift
  echo "==> ${*/#$content\//}"
  local start=$SECONDS code
  "$@" 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  echo "    $((SECONDS - start)) s"
  return "$code"
}

command -v nvidia-smi >/dev/null && step machine nvidia-smi --query-gpu=name,driver_version,compute_cap --format=csv
step nvrtc "$content/fusionc" --list-nvrtc
# Code 1 is a finding about the machine, such as GPUs without peer access; it is in the log, and no failure of ours.
note doctor "$content/fusion" doctor || [ $? -eq 1 ] || { failed=1; echo "FAILED"; }
step kernels "$content/FusionDemo" --kernels
step demo "$content/FusionDemo"
step demo-ptx "$content/FusionDemo" --image ptx
step allreduce "$content/FusionAllReduce"
grep -q 'on the CPU' "$output/allreduce.txt" && { failed=1; echo "FAILED: its ranks were not on the GPU"; }
step allreduce-cpu "$content/FusionAllReduce" --cpu
step tests "$content/Fusion.Gpu.Tests" --results-directory "$output"
step graph-passes "$content/graph-passes" --gpu
# A program of native code, in one file of its own: its first result, and how long it takes to it.
step native "$content/NativeAot"
command -v python3 >/dev/null && step cold-start python3 "$content/cold-start.py" "$content/NativeAot"

# Memory accesses and races, on a part of the matrix, where the toolkit is there.
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null)
for tool in memcheck racecheck; do
  [ -z "$sanitizer" ] && { echo "==> no compute-sanitizer here: $tool is left out"; continue; }
  step "$tool" "$sanitizer" --tool "$tool" --report-api-errors no --error-exitcode 1 --target-processes all \
    "$content/Fusion.Gpu.Tests" --filter Category=Sanitizer
done

# What calls take, on ranks that share the GPU, beside another library's kernels.
bench() {
  local name=bench-$1
  shift
  step "$name" "$content/fusion" bench allreduce "$@" --csv "$output/$name.csv" \
    --baseline "$content/baselines/flashinfer-h200-loopback.csv"
}
for strategy in one-shot two-shot; do
  bench "2-4096-$strategy" --ranks 2 --hidden 4096 --tokens 1,16,64,128,256 --strategy $strategy
  bench "2-8192-$strategy" --ranks 2 --hidden 8192 --tokens 1,64 --strategy $strategy
  bench "4-4096-$strategy" --ranks 4 --hidden 4096 --tokens 1,16 --strategy $strategy
  bench "4-8192-$strategy" --ranks 4 --hidden 8192 --tokens 16 --strategy $strategy
  bench "8-4096-$strategy" --ranks 8 --hidden 4096 --tokens 1,8 --strategy $strategy
  bench "8-8192-$strategy" --ranks 8 --hidden 8192 --tokens 4 --strategy $strategy
done
echo "==> $SECONDS s in all; $([ $failed -eq 0 ] && echo 'nothing failed' || echo 'look for FAILED above')"
exit $failed
