#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace verdict::graph {

/// A ragged batch: the sequences' real tokens one after another, without padding.
///
/// Each token keeps the column that it had in the padded input, because position ids of several
/// models depend on it.
struct Batch {
  /// Row b holds the tokens offsets[b] … offsets[b + 1]; size is the number of rows + 1.
  std::vector<std::int32_t> offsets{0};
  std::vector<std::int32_t> columns;  ///< [N] column of every token in the padded input
  std::int32_t width = 0;             ///< columns of the padded input
  /// Whether the caller says which tokens are real; else a model may take some for padding by their
  /// ids.
  bool has_mask = true;
  /// Values by token, [N] each, under the reference's argument names (`input_ids`,
  /// `token_type_ids`, …).
  std::map<std::string, std::vector<std::int32_t>, std::less<>> tokens;
  std::int64_t first_row = 0;  ///< number of row 0 in the batch of which this is a part

  std::int64_t rows() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  std::int64_t token_count() const { return offsets.back(); }

  /// The argument's values, or an empty span when the caller did not give it.
  std::span<const std::int32_t> find(std::string_view name) const {
    const auto found = tokens.find(name);
    return found == tokens.end() ? std::span<const std::int32_t>{}
                                 : std::span<const std::int32_t>(found->second);
  }

  /// The rows from `first` to before `last` as a batch, of the same width.
  Batch part(std::int64_t first, std::int64_t last) const;
};

/// Where to cut a batch into parts of about `tokens` tokens: rows from 0 to `batch.rows()`, rising.
std::vector<std::int64_t> even_cuts(const Batch& batch, std::int64_t tokens);

}  // namespace verdict::graph
