#!/usr/bin/env bash
# get-sources.sh: third-party sources. Prints the folder that holds them, or nothing where GitHub can
# be reached: CMake then clones the pinned commits itself.
source "$(dirname "$0")/common.sh"
exec 3>&1 1>&2

if [ -n "${VERDICT_SOURCES_DIR:-}" ]; then
  echo "$VERDICT_SOURCES_DIR" >&3
  exit 0
fi
folder=$CACHE/sources
# The same upstream revisions as the pins in cmake/Dependencies.cmake (pcre2 10.46, nlohmann-json3
# 3.11.3, googletest 1.16.0); apt checks their hashes.
packages=(xnnpack=0.0~git20241108.4ea82e5-2 pthreadpool=0.0~git20251020.0e6ca13-1.1 fxdiv
  pcre2/trixie nlohmann-json3/trixie googletest/trixie)
if [ "$(cat "$folder/.complete" 2>/dev/null)" = "${packages[*]}" ]; then
  echo "$folder" >&3
  exit 0
fi
if timeout 20 git ls-remote --exit-code https://github.com/google/XNNPACK HEAD >/dev/null 2>&1; then
  exit 0
fi

command -v apt-get >/dev/null || fail "GitHub cannot be reached, and this is no Debian machine. Set VERDICT_SOURCES_DIR."
say "GitHub cannot be reached; taking the sources from the Debian archive"
# Made beside the old folder, which a build may be reading.
unpacked=$folder.new
rm -rf "$unpacked"
mkdir -p "$unpacked"
state=$unpacked/.apt
mkdir -p "$state"/{lists/partial,empty.d}
: >"$state/status"
archive=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' | awk '$2=="main"{print $1; exit}')
[ -n "$archive" ] || fail "apt names no archive."
for suite in trixie forky; do
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main"
done >"$state/sources.list"
cat >"$state/apt.conf" <<CONF
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/empty.d";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
APT::Sandbox::User "root";
Acquire::Retries "3";
CONF
export APT_CONFIG=$state/apt.conf
quiet apt-get update
(cd "$unpacked" && quiet apt-get source --tar-only --download-only "${packages[@]}")
for archive_file in "$unpacked"/*.orig.tar.*; do
  name=$(basename "$archive_file")
  name=${name%%_*}
  mkdir -p "$unpacked/$name"
  # The archive of xnnpack has no top folder.
  strip=1
  [ "$name" = xnnpack ] && strip=0
  # With the time of now, so that builds notice another revision.
  tar -xmf "$archive_file" -C "$unpacked/$name" --strip-components=$strip
done
rm -rf "$state" "$unpacked"/*.orig.tar.*
echo "${packages[*]}" >"$unpacked/.complete"
rm -rf "$folder"
mv "$unpacked" "$folder"
echo "$folder" >&3
