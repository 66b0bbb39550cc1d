#!/usr/bin/env bash
# Brings the headers of libcu++ and CUB of Debian's own packages into a folder, with their licences: nothing installed.
# usage: fetch-cccl.sh FOLDER
set -euo pipefail
mkdir -p "$1"
target=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

exec 9>"$target/lock"
flock -w 600 9 || { echo "fetch-cccl: another fetch holds $target/lock for ten minutes" >&2; exit 4; }
[ -f "$target/fetched" ] && exit 0

say() { echo "fetch-cccl: $*" >&2; }
. /etc/os-release
[ "$ID" = debian ] || { say "no packages of CCCL are known for $ID. Name a folder of its headers in FusionIncludePaths."; exit 3; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash "$here/../fetch-debs.sh" trixie main amd64 "$work" libcu++-dev libcub-dev || exit $?
# What was tried with each NVRTC is this version: another one is tried first, and then its hashes are written here.
(cd "$work/debs" && sha256sum --check --quiet "$here/packages.sha256" >&2) || {
  say "the packages are not those of packages.sha256."; exit 4; }

mkdir -p "$target/include"
cp -r "$work/root/usr/include/." "$target/include"
{
  # Both packages are made of one source and have one list of its licences.
  cat "$work/root/usr/share/doc/libcu++-dev/copyright"
  printf '\n==== Apache License, Version 2.0 ====\n\n'
  cat /usr/share/common-licenses/Apache-2.0
} >"$target/LICENSE.txt"
ls "$work/debs" >"$target/fetched"
say "ready in $target"
