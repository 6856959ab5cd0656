#!/usr/bin/env bash
# test.sh: every test. Installs what it needs, builds natively, with sanitizers and for WebAssembly,
# and runs ctest, the Node tests, the browser tests, lint and the package checks.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
command -v node >/dev/null || fail "Node 20 or newer is needed."
need_packages build-essential cmake ninja-build ccache git ca-certificates python3 xz-utils \
  pkg-config libcurl4-openssl-dev clang-14 clang-tidy-14 clang-format-14 chromium firefox-esr
[ -d node_modules/typescript ] || quiet npm ci --no-audit --no-fund
sources=$(bash scripts/get-sources.sh)
[ -z "$sources" ] || export VERDICT_SOURCES_DIR=$sources

say "Native build"
quiet cmake --preset native
quiet cmake --build --preset native
say "Native tests"
ctest --preset native -j "$(nproc)"

say "Build with AddressSanitizer and UndefinedBehaviorSanitizer"
quiet cmake --preset native-asan
quiet cmake --build --preset native-asan
say "Tests with sanitizers"
ctest --preset native-asan -j "$(nproc)"

VERDICT_WASM_TESTS=simd bash scripts/build.sh
say "Core tests on WebAssembly"
ctest --test-dir build/wasm-simd -j "$(nproc)" --output-on-failure

say "Node tests"
need_newer_node
VERDICT_NEWER_NODE=$NEWER_NODE \
  node --test --test-concurrency=1 tests/web/*.test.mjs
say "Browser tests"
node --test --test-concurrency=1 tests/web/browser/*.test.mjs

say "Lint"
bash scripts/lint.sh
say "All tests passed"
