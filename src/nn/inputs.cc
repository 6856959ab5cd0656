#include "verdict/nn/inputs.h"

#include <algorithm>
#include <cstddef>
#include <limits>
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

/// `decoder_input_ids`; the first one of a sequence is `start(ids of the sequence)`.
template <typename Start>
Value moved_input_ids(const Scope& scope, std::int64_t vocab_size, Start start) {
  auto prelude = [start](const Batch& batch, std::span<std::int32_t> out) {
    const auto ids = batch.find("input_ids");
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
      const auto first = static_cast<std::size_t>(batch.offsets[row]);
      const auto own = ids.subspan(first, static_cast<std::size_t>(batch.offsets[row + 1]) - first);
      out[first] = start(own);
      std::copy(own.begin(), own.end() - 1, out.begin() + batch.offsets[row] + 1);
    }
  };
  return token_input(scope, "decoder_input_ids", vocab_size, std::move(prelude));
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

Value token_columns(const Scope& scope, std::int64_t limit) {
  return token_input(scope, "column", limit, [](const Batch& batch, std::span<std::int32_t> out) {
    std::copy(batch.columns.begin(), batch.columns.end(), out.begin());
  });
}

Value prefixed_token_columns(const Scope& scope, std::int64_t prefix) {
  const auto keys = scope.graph().segmentation({graph::Segmentation::Rule::kPrefixed, prefix});
  auto prelude = [prefix](const Batch& batch, std::span<std::int32_t> out) {
    auto to = out.begin();
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
      to = std::fill_n(to, prefix, 0);
      to = std::copy(batch.columns.begin() + batch.offsets[row],
                     batch.columns.begin() + batch.offsets[row + 1], to);
    }
  };
  return scope.graph().apply(graph::InputOp{"key_columns", keys, kAnyInteger, std::move(prelude)},
                             {});
}

Value column_positions(const Scope& scope, std::int64_t limit, std::int32_t offset) {
  auto prelude = [limit, offset](const Batch& batch, std::span<std::int32_t> out) {
    if (!copy_given(batch, "position_ids", out))
      std::copy(batch.columns.begin(), batch.columns.end(), out.begin());
    for (std::int32_t& position : out) {
      if (position < limit) position += offset;
    }
  };
  return token_input(scope, "position_ids", limit, std::move(prelude));
}

Value column_positions_from(const Scope& scope, std::int64_t limit, std::int32_t first) {
  auto prelude = [first](const Batch& batch, std::span<std::int32_t> out) {
    if (copy_given(batch, "position_ids", out)) return;
    std::transform(batch.columns.begin(), batch.columns.end(), out.begin(),
                   [first](std::int32_t column) { return first + column; });
  };
  return token_input(scope, "position_ids", limit, std::move(prelude));
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

Value shifted_input_ids(const Scope& scope, std::int64_t vocab_size, std::int32_t start) {
  return moved_input_ids(scope, vocab_size,
                         [start](std::span<const std::int32_t>) { return start; });
}

Value wrapped_input_ids(const Scope& scope, std::int64_t vocab_size, std::int32_t pad_token_id) {
  return moved_input_ids(scope, vocab_size, [pad_token_id](std::span<const std::int32_t> ids) {
    // The reference takes it by the count of such tokens, wherever they are.
    const auto padding = std::count(ids.begin(), ids.end(), pad_token_id);
    const auto last = static_cast<std::ptrdiff_t>(ids.size()) - padding - 1;
    return ids[static_cast<std::size_t>(std::max<std::ptrdiff_t>(last, 0))];
  });
}

}  // namespace verdict::nn
