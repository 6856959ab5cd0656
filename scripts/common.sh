# Shared by the scripts; sourced, not run.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/verdict
export CCACHE_DIR=$CACHE/ccache CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1 EM_CACHE=$CACHE/emscripten-cache
mkdir -p "$CACHE" "$CCACHE_DIR" "$EM_CACHE"

STARTED=$(date +%s)
# A step, with the time since the start.
say() { printf '\033[1m[%4ds] %s\033[0m\n' $(($(date +%s) - STARTED)) "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command silently; shows its output when it fails.
quiet() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ $status -ne 0 ]; then
    tail -n 80 "$log" >&2
    rm -f "$log"
    fail "\"$*\" failed with exit code $status"
  fi
  rm -f "$log"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs Debian packages that are missing; elsewhere says which programs are needed.
need_packages() {
  command -v dpkg-query >/dev/null || return 0
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${missing[*]}"
  quiet as_root apt-get update
  quiet as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# A newer Node for relaxed SIMD; npm ships it as the package "node". Sets NEWER_NODE.
need_newer_node() {
  NEWER_NODE=$CACHE/node/node_modules/node/bin/node
  [ -x "$NEWER_NODE" ] || quiet npm install --prefix "$CACHE/node" --no-audit --no-fund node@24
}
