#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/tensor.h"
#include "verdict/graph/batch.h"

namespace verdict {

/// The tensors of one call under the reference's argument names: `input_ids` (integers [batch,
/// width]; required), `attention_mask` (0 and 1, same shape), `token_type_ids`, `position_ids`
/// (same shape), `labels`.
using ModelInputs = std::map<std::string, Tensor, std::less<>>;

/// Removes the padding of a padded call: tokens whose mask is 0 are dropped, the others keep their
/// column.
///
/// `accepted` names the arguments by token that the model takes beside `attention_mask`. Throws
/// `kInvalidArgument` for an unknown argument, a shape that is not that of `input_ids`, a mask with
/// other values than 0 and 1, a row without any token (its mask is all zeros, or it has no columns)
/// and an empty batch.
graph::Batch to_ragged(const ModelInputs& inputs, std::span<const std::string_view> accepted);

}  // namespace verdict
