#!/usr/bin/env bash
# get-emscripten.sh: an Emscripten from 4.0 on. Prints the shell lines that make it usable: of the one
# on PATH, or of the archive's newer suite, which is unpacked into the cache and not installed.
source "$(dirname "$0")/common.sh"
exec 3>&1 1>&2

version_of() { "$1" --version 2>/dev/null | sed -nE '1s/.* ([0-9]+)\.[0-9]+\.[0-9]+.*/\1/p'; }

if command -v emcc >/dev/null && [ "$(version_of emcc || echo 0)" -ge 4 ] 2>/dev/null; then
  root=$(dirname "$(readlink -f "$(command -v emcc)")")
  echo "export EMSCRIPTEN_ROOT='$root'" >&3
  exit 0
fi
folder=$CACHE/emscripten
if [ ! -e "$folder/.complete" ]; then
  command -v apt-get >/dev/null || fail "emcc from 4.0 on is needed: install emsdk and put it on PATH."
  say "Getting Emscripten from the Debian archive (about 500 MB on disk)"
  rm -rf "$folder"
  state=$folder/.apt
  mkdir -p "$state"/{lists/partial,archives/partial,empty.d,debs}
  : >"$state/status"
  archive=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' | awk '$2=="main"{print $1; exit}')
  [ -n "$archive" ] || fail "apt names no archive."
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive forky main" >"$state/sources.list"
  cat >"$state/apt.conf" <<CONF
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/empty.d";
Dir::Etc::preferences "$state/none";
Dir::Etc::preferencesparts "$state/empty.d";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
APT::Install-Recommends "0";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
  export APT_CONFIG=$state/apt.conf
  quiet apt-get update
  llvm=$(apt-cache depends emscripten | grep -oE 'Depends: clang-[0-9]+' | grep -oE '[0-9]+$')
  # Of all that emscripten depends on, what its programs really load.
  wanted='emscripten|binaryen|clang-NN|lld-NN|llvm-NN|llvm-NN-linker-tools|libllvmNN|libclang-cppNN|libclang-common-NN-dev|node-acorn|libc6|libstdc\+\+6|libgcc-s1|zlib1g|libzstd1|libedit2|libffi8|libbsd0|libmd0|libtinfo6|libncurses.*|libxml2.*|libicu[0-9]+|liblzma5|libz3-4|libpfm4|libcurl4t64|libatomic1|libgomp1'
  apt-get --print-uris -qq -y install emscripten | sed "s/^'[^']*' \([^_]*\)_.*/\1/" | sort -u |
    grep -xE "${wanted//NN/$llvm}" >"$state/wanted"
  # shellcheck disable=SC2046
  (cd "$state/debs" && quiet apt-get -qq download $(cat "$state/wanted") patchelf)
  for package in "$state"/debs/*.deb; do dpkg-deb -x "$package" "$folder"; done
  # The programs run with their own C library, so that the host's stays as it is.
  libraries=$folder/usr/lib/x86_64-linux-gnu
  loader=$libraries/ld-linux-x86-64.so.2
  cp -p "$folder/usr/bin/patchelf" "$state/patchelf"
  patch_elf() { "$loader" --library-path "$libraries" "$state/patchelf" "$@"; }
  find "$folder/usr/bin" "$folder/usr/lib/llvm-$llvm/bin" -type f -perm -u+x -print0 |
    while IFS= read -r -d '' file; do
      if patch_elf --print-interpreter "$file" >/dev/null 2>&1; then
        patch_elf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$file"
      fi
    done
  find "$folder/usr/lib" -type f -name '*.so*' -print0 | while IFS= read -r -d '' file; do
    if [ -n "$(patch_elf --print-rpath "$file" 2>/dev/null || true)" ]; then
      patch_elf --force-rpath --set-rpath "$libraries" "$file"
    fi
  done
  ln -sfn nodejs "$folder/usr/share/node_modules"
  cat >"$folder/emscripten.config" <<CONF
LLVM_ROOT = '$folder/usr/lib/llvm-$llvm/bin'
BINARYEN_ROOT = '$folder/usr'
NODE_JS = '$(command -v node)'
EMSCRIPTEN_ROOT = '$folder/usr/share/emscripten'
CONF
  rm -rf "$state" "$folder"/usr/share/{doc,man,locale,lintian,info}
  EM_CONFIG=$folder/emscripten.config "$folder/usr/share/emscripten/emcc" --version | head -1
  touch "$folder/.complete"
fi
cat >&3 <<LINES
export EM_CONFIG='$folder/emscripten.config'
export EMSCRIPTEN_ROOT='$folder/usr/share/emscripten'
export PATH="$folder/usr/share/emscripten:\$PATH"
LINES
