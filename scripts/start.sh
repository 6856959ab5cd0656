#!/usr/bin/env bash
# start.sh [--no-serve] [--] [TEXT…]: builds one variant, classifies the texts (default: the README's
# examples) with the bundled model on WebAssembly in Node, and serves the demo page.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
serve=yes
texts=()
while [ $# -gt 0 ]; do
  case $1 in
    --no-serve) serve=no ;;
    --) ;;
    --*) fail "start.sh has no option $1; it has --no-serve." ;;
    *) texts+=("$1") ;;
  esac
  shift
done
command -v node >/dev/null || fail "Node 20 or newer is needed."
bash scripts/build.sh simd
say "Classifying"
node scripts/classify-examples.mjs "${texts[@]}"
[ $serve = no ] || exec node scripts/serve.mjs
