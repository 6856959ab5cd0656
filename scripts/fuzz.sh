#!/usr/bin/env bash
# fuzz.sh [SECONDS [TARGET…]]: runs every fuzz target (tests/fuzz) so long, by default 60 seconds each,
# from a corpus of the fixtures that grows in the cache. An input that fails stays in build/fuzz.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
seconds=${1:-60}
[[ $seconds =~ ^[0-9]+$ ]] || fail "The seconds are \"$seconds\"; a number was expected."
shift || true
targets=("$@")
[ $# -gt 0 ] || targets=(safetensors pytorch config tokenizer sentence_piece encode inputs bundle h5 msgpack)

need_packages build-essential cmake ninja-build ccache git ca-certificates clang-14 libclang-rt-14-dev \
  pkg-config libcurl4-openssl-dev zlib1g-dev libsnappy-dev
sources=$(bash scripts/get-sources.sh)
[ -z "$sources" ] || export VERDICT_SOURCES_DIR=$sources
say "Building the fuzz targets"
quiet cmake --preset fuzz
quiet cmake --build --preset fuzz

# The fixtures that a target starts from, each under a name of its own.
seed() {
  local target=$1 corpus=$2
  case $target in
    safetensors) files=(tests/fixtures/safetensors/*.safetensors tests/fixtures/models/bert/inputs.safetensors) ;;
    pytorch) files=(tests/fixtures/checkpoints/pytorch_hostile/*.bin tests/fixtures/checkpoints/pytorch/*/*.bin) ;;
    config) files=(tests/fixtures/models/*/config.json) ;;
    tokenizer) files=(tests/fixtures/tokenizers/*/tokenizer.json) ;;
    sentence_piece) files=(tests/fixtures/tokenizers/*/*.model) ;;
    encode) files=(tests/fixtures/tokenizers/texts.json tests/fixtures/tokenizers/invalid_utf8.json tests/fixtures/eval/long.jsonl) ;;
    inputs) files=() ;;
    bundle) files=(tests/fixtures/checkpoints/hostile_tf1/*.index tests/fixtures/checkpoints/tf_names/*.index) ;;
    h5)
      files=()
      for manifest in tests/fixtures/hdf5 tests/fixtures/checkpoints/hostile_h5; do
        node scripts/sparse-files.mjs "$manifest/manifest.json" "$corpus"
      done
      ;;
    msgpack) files=(tests/fixtures/checkpoints/flax/*/*.msgpack) ;;
    *) fail "The target \"$target\" is unknown; use safetensors, pytorch, config, tokenizer, sentence_piece, encode, inputs, bundle, h5 or msgpack." ;;
  esac
  for file in "${files[@]}"; do
    # Small seeds mutate better.
    [ "$(stat -c %s "$file")" -le 80000 ] || continue
    # The number of a class stands before a model of sentencepiece.
    # Before an index stand its form, a type and its size; behind it stands its data file.
    {
      case $target in
        sentence_piece) printf '\0' ;;
        bundle)
          size=$(stat -c %s "$file")
          printf "$(printf '\\0\\0\\x%02x\\x%02x' $((size % 256)) $((size / 256)))"
          ;;
      esac
      cat "$file"
      [ "$target" != bundle ] || cat "${file%.index}".data-* 2>/dev/null || true
    } >"$corpus/seed-$(tr / - <<<"${file#tests/fixtures/}")"
  done
}

for target in "${targets[@]}"; do
  corpus=$CACHE/fuzz/$target
  mkdir -p "$corpus"
  seed "$target" "$corpus"
  longest=80000
  if [ "$target" = encode ]; then
    # A text goes through whole tokenizers: short ones let many be tried.
    longest=400
    for file in "$corpus"/seed-*; do
      split -b "$longest" "$file" "$corpus/part-${file##*/seed-}-"
      rm "$file"
    done
  fi
  say "Fuzzing $target for $seconds s"
  "build/fuzz/bin/${target}_fuzz" "$corpus" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
    -malloc_limit_mb=2000 -max_len="$longest" -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/$target-" || fail "$target failed; the input is build/fuzz/$target-…"
done
say "No target failed"
