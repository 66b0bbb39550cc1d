#!/usr/bin/env bash
# Measures decode steps and a server of samples/Llama on GPUs: fused, separate kernels and NCCL, with matmuls by cuBLASLt and by kernels for few rows.
#
#   bash llama.sh LLAMA RANKS OUTPUT-FOLDER [SHAPE …]
#
# LLAMA is the published program (artifacts/gpu-bundle has it). Shapes are those of `llama bench`, in FP8; llama-3-8b by default.
# Where cuBLASLt and NCCL are not found, FUSION_CUBLASLT_PATH and LD_LIBRARY_PATH say where they are.
set -u
llama=$1 ranks=$2 out=$3
shift 3
shapes=("${@:-llama-3-8b}")
mkdir -p "$out"
for shape in "${shapes[@]}"; do
  for way in fused separate nccl; do
    for skinny in 0 8 16; do
      name="$shape-$ranks-$way-$skinny"
      echo "== $name"
      timeout 300 "$llama" bench --device gpu --ranks "$ranks" --shape "$shape" --random --fp8 --batch 1,8,32 --context 550 \
        --all-reduce "$way" --skinny-rows "$skinny" --csv "$out/bench-$name.csv" || echo "failed: $name"
    done
    echo "== load $shape-$ranks-$way"
    timeout 400 "$llama" load --device gpu --ranks "$ranks" --shape "$shape" --random --fp8 --qps 1,5,10 --input 550 --output 150 --seconds 30 \
      --all-reduce "$way" --csv "$out/load-$shape-$ranks-$way.csv" || echo "failed: load $shape-$ranks-$way"
  done
done
