#!/usr/bin/env bash
# Downloads packages of the distribution that this machine runs, of whatever release of it, and unpacks them: nothing is installed.
# usage: fetch-debs.sh SUITE COMPONENT ARCHITECTURE FOLDER PACKAGE...
# FOLDER gets debs/ with the packages and root/ with their files.
set -euo pipefail
suite=$1 component=$2 architecture=$3 target=$4
shift 4
say() { echo "fetch-debs: $*" >&2; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { say "this machine has no apt-get."; exit 3; }

. /etc/os-release
# The archive is the one this machine already uses: only suite, component and architecture differ.
uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
  grep -E '^(URIs:|deb )' | grep -oE '[a-z+]+:/[^] ]+' | grep -E "/$ID/?\$" | head -n 1) || true
[ -n "$uri" ] || { say "apt has no source of $ID's archive."; exit 3; }

mkdir -p "$target/lists/partial" "$target/debs" "$target/root"
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nArchitectures: %s\nSigned-By: %s\n' \
  "$uri" "$suite" "$component" "$architecture" "/usr/share/keyrings/$ID-archive-keyring.gpg" >"$target/fetch.sources"
options="-q -o APT::Sandbox::User=root -o Dir::Etc::sourcelist=$target/fetch.sources -o Dir::Etc::sourceparts=-
  -o Dir::State::Lists=$target/lists -o APT::Architecture=$architecture -o APT::Architectures=$architecture"
say "fetching $* from $suite/$component for $architecture"
# shellcheck disable=SC2086
{ apt-get $options update && (cd "$target/debs" && apt-get $options download "$@"); } >"$target/log" 2>&1 || {
  say "the packages could not be fetched:"; cat "$target/log" >&2; exit 4; }
for deb in "$target"/debs/*.deb; do dpkg-deb -x "$deb" "$target/root"; done
