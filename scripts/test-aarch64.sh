#!/usr/bin/env bash
# test-aarch64.sh [CTEST-OPTION…]: cross-compiles the library and its tests for 64-bit Arm and runs them
# under qemu's user emulation. Not part of `npm test`: it takes 25 minutes on two cores.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
need_packages build-essential cmake ninja-build ccache git ca-certificates g++-aarch64-linux-gnu qemu-user-static
sources=$(bash scripts/get-sources.sh)
[ -z "$sources" ] || export VERDICT_SOURCES_DIR=$sources
say "Building for aarch64"
quiet cmake --preset aarch64
quiet cmake --build --preset aarch64
say "Testing under $(qemu-aarch64-static --version | head -1)"
ctest --preset aarch64 -j "$(nproc)" "$@"
