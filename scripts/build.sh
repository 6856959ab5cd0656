#!/usr/bin/env bash
# build.sh [VARIANT…]: the npm package's files in web/dist: WebAssembly variants (default: all four),
# their manifest, and the bundled TypeScript. Checks the sizes against web/size-budget.json.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
variants=("$@")
[ $# -gt 0 ] || variants=(simd relaxed simd-threads relaxed-threads)

need_packages build-essential cmake ninja-build ccache git ca-certificates python3 xz-utils
sources=$(bash scripts/get-sources.sh)
[ -z "$sources" ] || export VERDICT_SOURCES_DIR=$sources
emscripten=$(bash scripts/get-emscripten.sh)
eval "$emscripten"
say "Emscripten: $(emcc --version | head -1)"

for variant in "${variants[@]}"; do
  threads=OFF relaxed=OFF
  case $variant in
    simd | relaxed | simd-threads | relaxed-threads) ;;
    *) fail "The variant \"$variant\" is unknown; use simd, relaxed, simd-threads or relaxed-threads." ;;
  esac
  [[ $variant != relaxed* ]] || relaxed=ON
  [[ $variant != *-threads ]] || threads=ON
  say "Building the variant $variant"
  # Tests are built for variants that VERDICT_WASM_TESTS names.
  tests=OFF runner=$(command -v node)
  if [[ " ${VERDICT_WASM_TESTS:-} " == *" $variant "* ]]; then
    tests=ON
    # Node 20 has no relaxed SIMD.
    if [ $relaxed = ON ]; then
      need_newer_node
      runner=$NEWER_NODE
    fi
  fi
  quiet cmake --preset wasm -B "build/wasm-$variant" -DVERDICT_VARIANT="$variant" \
    -DVERDICT_THREADS=$threads -DVERDICT_WASM_RELAXED=$relaxed -DVERDICT_BUILD_TESTS=$tests \
    -DCMAKE_CROSSCOMPILING_EMULATOR="$runner"
  quiet cmake --build "build/wasm-$variant"
done

say "Compiling TypeScript"
[ -d node_modules/esbuild ] || quiet npm ci --no-audit --no-fund
node scripts/make-classes.mjs --check
# What was made from sources that are gone must not be packed.
find web/dist -mindepth 1 -maxdepth 1 ! -name wasm -exec rm -rf {} +
npx --no-install tsc -p . --emitDeclarationOnly
node scripts/finish-package.mjs
