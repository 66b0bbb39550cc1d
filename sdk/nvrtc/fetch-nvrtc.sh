#!/usr/bin/env bash
# Brings an NVRTC of Debian's or Ubuntu's own packages into a folder: libraries and licence text, nothing installed.
# usage: fetch-nvrtc.sh default|11.8|12.4|arm64 FOLDER
# arm64 is the default version for arm64 machines, whatever this one is.
set -euo pipefail
version=$1
mkdir -p "$2"
target=$(cd "$2" && pwd)

# Two builds may ask at once: the second one finds the first one's work.
exec 9>"$target/lock"
flock -w 600 9 || { echo "fetch-nvrtc: another fetch holds $target/lock for ten minutes" >&2; exit 4; }
[ -f "$target/fetched" ] && exit 0

say() { echo "fetch-nvrtc: $*" >&2; }
. /etc/os-release
architecture=amd64 triplet=x86_64-linux-gnu
case "$ID:$version" in
  debian:default|debian:12.4) suite=trixie component=non-free packages="libnvrtc12 libnvrtc-builtins12.4" ;;
  debian:arm64)               suite=trixie component=non-free packages="libnvrtc12 libnvrtc-builtins12.4"
                              architecture=arm64 triplet=aarch64-linux-gnu ;;
  debian:11.8)                suite=bookworm component=non-free packages="libnvrtc11.2 libnvrtc-builtins11.8" ;;
  ubuntu:default)             suite=noble component=multiverse packages="libnvrtc12 libnvrtc-builtins12.0" ;;
  *) say "no NVRTC $version is known for $ID $VERSION_ID. Install a CUDA toolkit and set FusionNvrtcPath or CUDA_PATH."
     exit 3 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086
bash "$(dirname "$0")/../fetch-debs.sh" "$suite" "$component" "$architecture" "$work" $packages || {
  code=$?; say "Install a CUDA toolkit and set FusionNvrtcPath or CUDA_PATH."; exit $code; }

mkdir -p "$target/lib"
# Real files under the names that the loader asks for: a NuGet package carries no links.
for link in "$work/root/usr/lib/$triplet"/*.so.*; do
  [ -L "$link" ] && cp -L "$link" "$target/lib/$(basename "$link")"
done
cp "$work/root/usr/share/doc/${packages%% *}/copyright" "$target/LICENSE.txt"
# Written last: it says that the folder is whole.
echo "$packages" >"$target/fetched"
say "ready in $target"
