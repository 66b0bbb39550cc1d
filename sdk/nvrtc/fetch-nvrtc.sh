#!/usr/bin/env bash
# Brings an NVRTC of Debian's or Ubuntu's own packages into a folder: libraries and licence text, nothing installed.
# usage: fetch-nvrtc.sh default|11.8|12.4 FOLDER
set -euo pipefail
version=$1
mkdir -p "$2"
target=$(cd "$2" && pwd)

# Two builds may ask at once: the second one finds the first one's work.
exec 9>"$target/lock"
flock -w 600 9 || { echo "fetch-nvrtc: another fetch holds $target/lock for ten minutes" >&2; exit 4; }
[ -f "$target/fetched" ] && exit 0

say() { echo "fetch-nvrtc: $*" >&2; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
  say "this machine has no apt-get. Install NVRTC or a CUDA toolkit and set FusionNvrtcPath or CUDA_PATH."; exit 3; }

. /etc/os-release
case "$ID:$version" in
  debian:default|debian:12.4) suite=trixie component=non-free packages="libnvrtc12 libnvrtc-builtins12.4" ;;
  debian:11.8)                suite=bookworm component=non-free packages="libnvrtc11.2 libnvrtc-builtins11.8" ;;
  ubuntu:default)             suite=noble component=multiverse packages="libnvrtc12 libnvrtc-builtins12.0" ;;
  *) say "no NVRTC $version is known for $ID $VERSION_ID. Install a CUDA toolkit and set FusionNvrtcPath or CUDA_PATH."
     exit 3 ;;
esac

# The archive is the one this machine already uses: only suite and component differ.
uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
  grep -E '^(URIs:|deb )' | grep -oE '[a-z+]+:/[^] ]+' | grep -E "/$ID/?\$" | head -n 1) || true
[ -n "$uri" ] || { say "apt has no source of $ID's archive."; exit 3; }
keyring=/usr/share/keyrings/$ID-archive-keyring.gpg

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/debs" "$work/root"
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nArchitectures: amd64\nSigned-By: %s\n' \
  "$uri" "$suite" "$component" "$keyring" >"$work/nvrtc.sources"
options="-q -o APT::Sandbox::User=root -o Dir::Etc::sourcelist=$work/nvrtc.sources -o Dir::Etc::sourceparts=-
  -o Dir::State::Lists=$work/lists -o APT::Architecture=amd64 -o APT::Architectures=amd64"
say "fetching $packages from $suite/$component"
# shellcheck disable=SC2086
{ apt-get $options update && (cd "$work/debs" && apt-get $options download $packages); } >"$work/log" 2>&1 || {
  say "the packages could not be fetched:"; cat "$work/log" >&2; exit 4; }

for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
mkdir -p "$target/lib"
# Real files under the names that the loader asks for: a NuGet package carries no links.
for link in "$work"/root/usr/lib/x86_64-linux-gnu/*.so.*; do
  [ -L "$link" ] && cp -L "$link" "$target/lib/$(basename "$link")"
done
cp "$work/root/usr/share/doc/${packages%% *}/copyright" "$target/LICENSE.txt"
# Written last: it says that the folder is whole.
echo "$packages" >"$target/fetched"
say "ready in $target"
