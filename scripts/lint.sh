#!/usr/bin/env bash
# lint.sh: formats and static checks. Changes nothing.
source "$(dirname "$0")/common.sh"
cd "$ROOT"
format=$(command -v clang-format-14 || command -v clang-format) || fail "clang-format is needed."
tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || fail "clang-tidy is needed."

say "clang-format"
git ls-files 'src/*.cc' 'src/*.h' 'src/*.inc' 'tests/*.cc' 'tests/*.h' | grep -v unicode_tables |
  xargs "$format" --dry-run --Werror
say "Prettier and ESLint"
npx --no-install prettier --check --log-level warn web/src web/demo scripts tests/web benchmarks \
  eslint.config.mjs
npx --no-install eslint web/src
say "clang-tidy"
git ls-files 'src/*.cc' | grep -vE '^src/(bindings|backends/xnnpack/kernels)/' |
  xargs -P "$(nproc)" -n 4 "$tidy" -p build/native --quiet 2>/dev/null || fail "clang-tidy found something."
