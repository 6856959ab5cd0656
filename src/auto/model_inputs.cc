#include "verdict/auto/model_inputs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

constexpr std::string_view kMask = "attention_mask";

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

void check_names(const ModelInputs& inputs, std::span<const std::string_view> accepted) {
  for (const auto& [name, tensor] : inputs) {
    if (name == kMask || std::find(accepted.begin(), accepted.end(), name) != accepted.end())
      continue;
    std::vector<std::string_view> known(accepted.begin(), accepted.end());
    known.push_back(kMask);
    invalid(concat("The model takes no argument \"", name, "\"; it takes ",
                   quoted_list(known, known.size()), "."));
  }
}

/// Which tokens are real, row-major [batch, width].
std::vector<char> read_mask(const ModelInputs& inputs, std::size_t count) {
  const auto found = inputs.find(kMask);
  if (found == inputs.end()) return std::vector<char>(count, 1);
  const Tensor mask = to_i64(found->second.view());
  std::vector<char> real;
  real.reserve(count);
  for (const std::int64_t value : mask.i64()) {
    if (value != 0 && value != 1) {
      invalid(concat("attention_mask holds ", value, "; only 0 and 1 are allowed."));
    }
    real.push_back(static_cast<char>(value));
  }
  return real;
}

void read_tokens(const std::string& name, const Tensor& tensor, std::span<const char> real,
                 std::vector<std::int32_t>& out) {
  const Tensor values = to_i64(tensor.view());
  for (std::size_t i = 0; i < real.size(); ++i) {
    if (real[i] == 0) continue;
    const std::int64_t value = values.i64()[i];
    if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) {
      const std::int64_t width = values.shape()[1];
      const auto position = static_cast<std::int64_t>(i);
      invalid(concat(name, " has ", value, " at row ", position / width, ", column ",
                     position % width, "; it must be 0 or more and below 2^31."));
    }
    out.push_back(static_cast<std::int32_t>(value));
  }
}

}  // namespace

graph::Batch to_ragged(const ModelInputs& inputs, std::span<const std::string_view> accepted) {
  check_names(inputs, accepted);
  const auto ids = inputs.find("input_ids");
  if (ids == inputs.end()) invalid("The argument \"input_ids\" is missing.");
  const std::vector<std::int64_t>& shape = ids->second.shape();
  if (shape.size() != 2) {
    invalid(
        concat("input_ids has the shape ", shape_string(shape), "; [batch, width] was expected."));
  }
  for (const auto& [name, tensor] : inputs) {
    if (tensor.shape() != shape) {
      invalid(concat(name, " has the shape ", shape_string(tensor.shape()), ", but input_ids has ",
                     shape_string(shape), "; they must be the same."));
    }
    if (is_floating_point(tensor.dtype())) {
      invalid(concat(name, " holds ", dtype_name(tensor.dtype()), "; integers were expected."));
    }
  }
  if (shape[0] == 0) invalid("The batch is empty; give at least one sequence.");
  if (shape[0] * shape[1] > std::numeric_limits<std::int32_t>::max()) {
    invalid(concat("A batch of ", shape_string(shape), " tokens is too large; split it."));
  }

  const std::vector<char> real = read_mask(inputs, ids->second.size());
  graph::Batch batch;
  batch.width = static_cast<std::int32_t>(shape[1]);
  batch.has_mask = inputs.find(kMask) != inputs.end();
  for (std::int64_t row = 0; row < shape[0]; ++row) {
    for (std::int32_t column = 0; column < batch.width; ++column) {
      if (real[static_cast<std::size_t>(row * shape[1] + column)] != 0)
        batch.columns.push_back(column);
    }
    batch.offsets.push_back(static_cast<std::int32_t>(batch.columns.size()));
    if (batch.offsets[batch.offsets.size() - 2] == batch.offsets.back()) {
      invalid(concat("Row ", row, " has no token: ",
                     shape[1] == 0 ? "it is empty." : "its attention_mask is all zeros."));
    }
  }
  for (const auto& [name, tensor] : inputs) {
    if (name != kMask) read_tokens(name, tensor, real, batch.tokens[name]);
  }
  return batch;
}

}  // namespace verdict
