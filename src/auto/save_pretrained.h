#pragma once

#include <string>

#include "verdict/auto/model.h"

namespace verdict {

/// Writes `config.json` and `model.safetensors` (float32) into a folder, which is created; files
/// are written beside and renamed, so that an interrupted call leaves no half file. The result
/// loads in the reference. Throws `kUnsupported` for a q8 model, which holds no float weights.
void save_pretrained(const SequenceClassifier& model, const std::string& folder);

}  // namespace verdict
