#!/usr/bin/env bash
# Runs the tests with ranks on different GPUs, then measures one-shot, two-shot and NCCL with the separate kernels, and finds
# the limits between them. From the bundle beside this script; needs GPUs with peer access and libnccl.so.2.
# usage: run-on-several-gpus.sh [OUTPUT-FOLDER] [GPU,GPU,… | all] [PART…]
#   GPUs: all by default; naming one several times tries the script.
#   parts: ranks, fused and graphs are tests, together less than four minutes on 4 GPUs; bench measures, limits makes a policy of
#   what bench wrote into the same folder. These by default. Others, by name: everything (all tests, on the first GPU and on the next two at
#   the same time, then on all; six minutes on 4), processes (a rank in each process; two minutes), process-bench (the same calls in one
#   process and in several), models (decode steps of the Llama sample), transformers (its logits beside those of that library).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/results-several-gpus}
mkdir -p "$output"
output=$(cd "$output" && pwd)
content=$(mktemp -d)
trap 'rm -rf "$content"' EXIT
tar -xzf "$here/content.tar.gz" -C "$content" || exit 1
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1
count=$(nvidia-smi -L | wc -l)
list=${2:-all}
[ "$list" = all ] && list=$(seq -s, 0 $((count - 1)))
parts=" ${*:3} "
[ $# -gt 2 ] || parts=" ranks fused graphs bench limits "
has() { [[ $parts == *" $1 "* ]]; }
IFS=, read -ra gpus <<<"$list"
distinct=$(tr , '\n' <<<"$list" | sort -u | wc -l)
failed=0
step() {
  local log=$output/$1.txt start=$SECONDS
  shift
  echo "==> ${*/#$content\//}"
  "$@" 2>&1 | tee "$log" || { failed=1; echo "FAILED"; }
  echo "    $((SECONDS - start)) s"
}

# Steps at the same time, and the wait for them, which hears of those that failed.
together=()
start() { (step "$@"; exit $failed) & together+=($!); }
join() { for one in "${together[@]}"; do wait "$one" || failed=1; done; together=(); }

# NVLink multicast stays off: a program that uses it can take GPUs that others share out of service.
export NCCL_NVLS_ENABLE=0
nccl=$(python3 -c 'import nvidia.nccl, os; print(os.path.join(list(nvidia.nccl.__path__)[0], "lib"))' 2>/dev/null)
[ -e "$nccl/libnccl.so.2" ] || nccl=auto
[ "$nccl" = auto ] || export FUSION_TEST_NCCL=$nccl
for part in cu13 cublas; do
  cublas=$(python3 -c "import nvidia.$part, os; print(os.path.join(list(nvidia.$part.__path__)[0], 'lib'))" 2>/dev/null)
  ls "$cublas"/libcublasLt.so.1? >/dev/null 2>&1 && export FUSION_CUBLASLT_PATH=$cublas && break
done

step machine nvidia-smi topo -m
step doctor "$content/fusion" doctor
for part in Ranks Fused Graphs; do
  has "${part,}" || continue
  FUSION_TEST_GPUS=$list step "tests-${part,}" "$content/Fusion.Gpu.Tests" --results-directory "$output" \
    --filter "FullyQualifiedName~.$part."
done

# Tokens by size: one-shot is not asked for what nobody would send by it.
few=1,2,4,8,16,32,64,128
many=256,512,1024,2048,4096,8192
epilogues=none,residual+rmsnorm,residual+rmsnorm+fp8,residual+rmsnorm+nvfp4
bench() {
  local name=bench-$1
  shift
  step "$name" "$content/fusion" bench allreduce --csv "$output/$name.csv" --epilogue $epilogues "$@"
}
for ranks in 2 4 8; do
  has bench || break
  [ "$ranks" -gt "${#gpus[@]}" ] && break
  use=$(IFS=,; echo "${gpus[*]:0:$ranks}")
  for hidden in 4096 5120 7168 8192; do
    place=(--gpus "$use" --hidden "$hidden")
    bench "$ranks-$hidden-one-shot" "${place[@]}" --tokens $few,256,512 --strategy one-shot
    bench "$ranks-$hidden-two-shot" "${place[@]}" --tokens $few,$many --strategy two-shot
    if [ "$distinct" -gt 1 ]; then
      bench "$ranks-$hidden-nccl" "${place[@]}" --tokens $few,$many --strategy separate --nccl "$nccl"
    else
      echo "==> one GPU: NCCL is left out"
    fi
  done
  for strategy in one-shot two-shot; do
    bench "$ranks-eager-$strategy" --gpus "$use" --hidden 8192 --tokens 1,16,128 --strategy $strategy --eager
  done
done
architecture=sm_$(nvidia-smi -i "${gpus[0]}" --query-gpu=compute_cap --format=csv,noheader | tr -d .)
if has everything; then
  all() { start "everything-$1" env FUSION_TEST_GPUS="$2" "$content/Fusion.Gpu.Tests" --results-directory "$output/$1" --progress off; }
  all one "${gpus[-1]}"
  [ "$distinct" -gt 2 ] || join
  all two "${gpus[0]},${gpus[1]:-${gpus[0]}}"
  join
  [ "$distinct" -gt 2 ] && all "${#gpus[@]}" "$list" && join
fi
has processes && step processes "$content/Fusion.Runtime.Distributed.Tests" --filter 'FullyQualifiedName~RanksOnGpus' --progress off
if has process-bench; then
  place=(--hidden 4096,8192 --tokens 1,16,128,1024 --epilogue none,residual+rmsnorm+fp8 --iterations 200)
  for ranks in 2 4; do
    [ "$ranks" -gt "${#gpus[@]}" ] && break
    use=$(IFS=,; echo "${gpus[*]:0:$ranks}")
    step "one-process-$ranks" "$content/fusion" bench allreduce --gpus "$use" "${place[@]}" --csv "$output/one-process-$ranks.csv"
    step "processes-$ranks" env CUDA_VISIBLE_DEVICES="$use" "$content/fusion" run --ranks "$ranks" -- "$content/fusion" bench allreduce "${place[@]}" \
      --csv "$output/processes-$ranks.csv" --baseline "$output/one-process-$ranks.csv"
  done
fi
if has models; then
  for ranks in 1 2 4; do
    [ "$ranks" -gt "${#gpus[@]}" ] && break
    step "models-$ranks" env LD_LIBRARY_PATH="$nccl:${LD_LIBRARY_PATH:-}" bash "$content/llama.sh" "$content/llama" "$ranks" "$output/models"
  done
fi
if has transformers; then
  for model in tiny tiny-fp8 llama-3-8b llama-3-8b-fp8 qwen3-32b qwen3-32b-fp8; do
    start "transformers-$model" python3 "$content/compare.py" --llama "$content/llama" --device gpu --ranks "$(printf '1%s%s' "$([ "${#gpus[@]}" -ge 2 ] && echo ,2)" "$([ "${#gpus[@]}" -ge 4 ] && echo ,4)")" \
      --models "$model" --json "$output/transformers-$model.json"
  done
  join
fi
has limits && step limits "$content/fusion" tune "$output"/bench-*.csv --arch "$architecture" --out "$output/policy.json"
echo "==> $SECONDS s in all; $([ $failed -eq 0 ] && echo 'nothing failed' || echo 'look for FAILED above')"
exit $failed
