#!/usr/bin/env bash
# setup.sh: builds what the benchmarks measure and installs what they compare with into the cache
# folder. run.mjs calls it; safe to repeat.
source "$(dirname "$0")/../scripts/common.sh"
cd "$ROOT"
need_packages build-essential cmake ninja-build ccache git ca-certificates util-linux chromium firefox-esr
bash scripts/build.sh
say "Native build"
sources=$(bash scripts/get-sources.sh)
[ -z "$sources" ] || export VERDICT_SOURCES_DIR=$sources
quiet cmake --preset native -DVERDICT_BUILD_BENCHMARKS=ON
quiet cmake --build --preset native --target verdict_benchmark
say "Peers"
need_newer_node
peers=$CACHE/benchmarks/peers
mkdir -p "$peers"
if ! cmp -s benchmarks/peers/package.json "$peers/installed.json"; then
  cp benchmarks/peers/package.json "$peers/package.json"
  # Their install scripts would fetch CUDA libraries.
  quiet npm install --prefix "$peers" --ignore-scripts --no-audit --no-fund --no-package-lock
  cp benchmarks/peers/package.json "$peers/installed.json"
fi
environment=$CACHE/benchmarks/python
if ! cmp -s benchmarks/peers/requirements.txt "$environment/installed.txt"; then
  need_packages python3-venv
  quiet python3 -m venv "$environment"
  quiet "$environment/bin/pip" install --disable-pip-version-check -r benchmarks/peers/requirements.txt
  cp benchmarks/peers/requirements.txt "$environment/installed.txt"
fi
