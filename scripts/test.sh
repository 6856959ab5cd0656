#!/usr/bin/env bash
# test.sh: every test. Installs what it needs, builds natively, with sanitizers and for WebAssembly,
# and runs ctest, the Node tests, the browser tests and lint. A suite that fails does not stop the
# others; the table at the end tells times and counts, and the exit code whether all passed.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
command -v node >/dev/null || fail "Node 20 or newer is needed."

table=()
failed=0
reached_end=0
summary() {
  printf '\n%-34s %8s  %s\n' stage seconds result
  [ ${#table[@]} -eq 0 ] || printf '%s\n' "${table[@]}"
  if [ $reached_end = 0 ]; then
    say "The run ended early: what is not in the table was not tested"
  elif [ $failed = 0 ]; then
    say "All tests passed"
  else
    say "$failed of the stages failed"
    exit 1
  fi
}
trap summary EXIT

# stage NAME COMMAND…: shows the command's output and keeps its time, and the counts of the tests that
# it ran.
stage() {
  local name=$1 log started=$SECONDS status=0 result
  shift
  say "$name"
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  # ctest's last line, or node's (# or ℹ before "tests 3", "pass 3", …).
  result=$(sed -nE -e 's/^.*, ([0-9]+) tests? failed out of ([0-9]+)$/\2 tests (\1 failed)/p' \
    -e 's/^(#|ℹ) (tests|pass|fail|skipped|todo) ([0-9]+)$/\3 \2/p' "$log" | paste -sd, | sed 's/,/, /g')
  if [ $status -ne 0 ]; then
    failed=$((failed + 1))
    result="FAILED ($status) $result"
  fi
  table+=("$(printf '%-34s %8d  %s' "$name" $((SECONDS - started)) "${result:-ok}")")
  rm -f "$log"
  return $status
}
# A stage that the following ones need.
build() { stage "$@" || exit 1; }
# Tests: the others still run when they fail.
suite() { stage "$@" || true; }

set_up() {
  need_packages build-essential cmake ninja-build ccache git ca-certificates python3 xz-utils \
    pkg-config libcurl4-openssl-dev zlib1g-dev libsnappy-dev clang-14 clang-tidy-14 clang-format-14 chromium firefox-esr valgrind
  [ -d node_modules/esbuild ] || quiet npm ci --no-audit --no-fund
  need_newer_node
  bash scripts/get-sources.sh >/dev/null
}
build "Set-up" set_up
sources=$(bash scripts/get-sources.sh)
[ -z "$sources" ] || export VERDICT_SOURCES_DIR=$sources

compile() {
  quiet cmake --preset "$1"
  quiet cmake --build --preset "$1"
}
build "Native build" compile native
suite "Native tests" ctest --preset native -j "$(nproc)"
suite "Instruction counts" node --test tests/performance/instructions.test.mjs
build "Build with ASan and UBSan" compile native-asan
suite "Tests with ASan and UBSan" ctest --preset native-asan -j "$(nproc)"

export VERDICT_WASM_TESTS="simd relaxed"
build "WebAssembly builds" bash scripts/build.sh
suite "Core tests on WebAssembly" \
  ctest --test-dir build/wasm-simd -j "$(nproc)" --output-on-failure
# Relaxed SIMD has kernels of its own; the rest is the same code.
suite "Kernels and models, relaxed SIMD" \
  ctest --test-dir build/wasm-relaxed -j "$(nproc)" --output-on-failure -R '^(backends|models)\.'
VERDICT_PROGRAMS=wasm suite "Command line on WebAssembly" node --test tests/cli/cli.test.mjs

need_newer_node
export VERDICT_NEWER_NODE=$NEWER_NODE
suite "Node tests" node --test --test-concurrency=1 tests/web/*.test.mjs
suite "Browser tests" node --test --test-concurrency=1 tests/web/browser/*.test.mjs

suite "Lint" bash scripts/lint.sh
reached_end=1
