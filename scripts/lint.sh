#!/usr/bin/env bash
# lint.sh: formats and static checks. Changes nothing. Needs the native build (its compile
# commands) and the built package.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
format=$(command -v clang-format-14 || command -v clang-format) || fail "clang-format is needed."
tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || fail "clang-tidy is needed."

say "clang-format"
git ls-files 'src/*.cc' 'src/*.h' 'src/*.inc' 'tests/*.cc' 'tests/*.h' 'converter/*.cc' 'converter/*.h' | grep -vE "unicode_tables|product_choice" |
  xargs "$format" --dry-run --Werror
say "Prettier and ESLint"
git ls-files '*.mjs' '*.ts' '*.html' '*.css' |
  xargs npx --no-install prettier --check --log-level warn
npx --no-install eslint web/src
say "Generated tables of the docs"
node scripts/make-docs.mjs --check
[ ! -e benchmarks/results.json ] || node benchmarks/readme-table.mjs --check

# The library and the programs with all checks. Kernels and tests only with clang's own warnings, which
# cmake/Warnings.cmake makes errors: so clang compiles what g++ builds. clang-tidy refuses to run
# without a check of its own, hence one cheap one.
say "clang-tidy"
run_tidy() {
  xargs -P "$(nproc)" -n 2 "$tidy" -p build/native --quiet "$@" 2>/dev/null ||
    fail "clang-tidy found something."
}
git ls-files 'src/*.cc' 'converter/*.cc' | grep -vE '^src/(bindings|backends/xnnpack/kernels)/' | run_tidy
git ls-files 'src/backends/xnnpack/kernels/*.cc' 'tests/*_test.cc' | grep -vE '_wasm(simd|relaxed)\.cc$' |
  run_tidy --checks='-*,clang-diagnostic-*,misc-unused-alias-decls'
