#!/usr/bin/env bash
# Compares kernels/compat with the headers of a CUDA toolkit on this machine's GPU. Needs g++, or nvcc, and a toolkit:
#
#   bash bench/compat/run.sh [TOOLKIT]          writes compat.txt and compat-hashes.tsv to $OUT, or here
#   bash bench/compat/run.sh --compile NVRTC    only compiles ours with an NVRTC (a file), on a machine without a GPU
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
compat=$here/../../kernels/compat
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
compiler=$(command -v g++ || command -v c++ || command -v nvcc)
"$compiler" -O1 -std=c++17 -o "$build/compare" "$here/compare.cpp" -ldl

if [ "${1:-}" = --compile ]; then
  for architecture in ${ARCHITECTURES:-sm_80 sm_90}; do
    "$build/compare" "$here/functions.txt" "$here/prelude.cuh" "$compat" "" "$2" "$architecture"
  done
  exit
fi

toolkit=${1:-${CUDA_HOME:-/usr/local/cuda}}
include=$toolkit/include
[ -f "$include/cuda_fp16.h" ] || include=$toolkit/targets/x86_64-linux/include
nvrtc=$(find -L "$toolkit" -name 'libnvrtc.so.1[0-9]' 2>/dev/null | head -1)
[ -n "$nvrtc" ] || { echo "No libnvrtc in $toolkit" >&2; exit 2; }
architecture=sm_$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)
export LD_LIBRARY_PATH=$(dirname "$nvrtc"):${LD_LIBRARY_PATH:-}
"$build/compare" "$here/functions.txt" "$here/prelude.cuh" "$compat" "$include" "$nvrtc" "$architecture" "${OUT:-.}"
