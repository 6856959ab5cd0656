#pragma once

#include <optional>
#include <string>

#include "verdict/models/family.h"

namespace verdict::models {

struct BartVariant {
  bool pre_norm = false;   ///< normalises before each sub-layer, and at the end (mBART)
  bool wraps_ids = false;  ///< the decoder starts with the last token (mBART, PLBART)
  bool prompts = false;    ///< learned keys and values before those of each sequence (MVP)
};

/// Rows of the position tables before that of position 0.
inline constexpr std::int32_t kBartPositionOffset = 2;

/// The encoder of BART (Lewis et al. 2019), or, where it has `encoded` to look at, the decoder;
/// `side` is the name of either. Returns the last hidden state and records all of them.
Value bart_stack(ModelBuilder& model, const BartVariant& variant, std::string side, Value ids,
                 Value position_ids, std::optional<Value> encoded);

}  // namespace verdict::models
