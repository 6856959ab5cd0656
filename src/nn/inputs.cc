#include "verdict/nn/inputs.h"

#include <algorithm>
#include <utility>

namespace verdict::nn {

namespace {

using graph::Batch;

Value token_input(const Scope& scope, std::string name, std::int64_t limit,
                  graph::Prelude prelude) {
  return scope.graph().apply(
      graph::InputOp{std::move(name), graph::Graph::kTokens, limit, std::move(prelude)}, {});
}

/// Copies the caller's values of an argument; false when there are none.
bool copy_given(const Batch& batch, std::string_view name, std::span<std::int32_t> out) {
  const auto given = batch.find(name);
  std::copy(given.begin(), given.end(), out.begin());
  return !given.empty();
}

}  // namespace

Value input_ids(const Scope& scope, std::int64_t vocab_size) {
  return token_input(
      scope, "input_ids", vocab_size,
      [](const Batch& batch, std::span<std::int32_t> out) { copy_given(batch, "input_ids", out); });
}

Value optional_input(const Scope& scope, std::string name, std::int64_t limit,
                     std::int32_t fallback) {
  auto prelude = [name, fallback](const Batch& batch, std::span<std::int32_t> out) {
    if (!copy_given(batch, name, out)) std::fill(out.begin(), out.end(), fallback);
  };
  return token_input(scope, name, limit, std::move(prelude));
}

Value column_positions(const Scope& scope, std::int64_t limit, std::int32_t first) {
  auto prelude = [first](const Batch& batch, std::span<std::int32_t> out) {
    if (copy_given(batch, "position_ids", out)) return;
    std::transform(batch.columns.begin(), batch.columns.end(), out.begin(),
                   [first](std::int32_t column) { return first + column; });
  };
  return token_input(scope, "position_ids", limit, std::move(prelude));
}

Value token_columns(const Scope& scope, std::int64_t limit) {
  return token_input(scope, "column", limit, [](const Batch& batch, std::span<std::int32_t> out) {
    std::copy(batch.columns.begin(), batch.columns.end(), out.begin());
  });
}

Value token_count_positions(const Scope& scope, std::int64_t limit, std::int32_t padding_idx) {
  auto prelude = [padding_idx](const Batch& batch, std::span<std::int32_t> out) {
    if (copy_given(batch, "position_ids", out)) return;
    const auto ids = batch.find("input_ids");
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
      std::int32_t count = 0;
      for (auto i = static_cast<std::size_t>(batch.offsets[row]);
           i < static_cast<std::size_t>(batch.offsets[row + 1]); ++i) {
        out[i] = ids[i] == padding_idx ? padding_idx : padding_idx + ++count;
      }
    }
  };
  return token_input(scope, "position_ids", limit, std::move(prelude));
}

}  // namespace verdict::nn
