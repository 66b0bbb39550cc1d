#!/usr/bin/env bash
# Runs the GPU tests and the demo from the bundle beside this script. The machine needs a GPU and its driver; neither .NET
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
failed=0
step() {
  local log=$output/$1.txt
  shift
  echo "==> ${*/#$content\//}"
  "$@" 2>&1 | tee "$log"
  [ "${PIPESTATUS[0]}" -eq 0 ] || { failed=1; echo "FAILED"; }
}

command -v nvidia-smi >/dev/null && step machine nvidia-smi --query-gpu=name,driver_version,compute_cap --format=csv
step nvrtc "$content/fusionc" --list-nvrtc
step kernels "$content/FusionDemo" --kernels
step demo "$content/FusionDemo"
step demo-ptx "$content/FusionDemo" --image ptx
step tests "$content/Fusion.Gpu.Tests" --results-directory "$output"
exit $failed
