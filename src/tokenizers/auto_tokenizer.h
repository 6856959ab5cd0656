#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "verdict/base/byte_source.h"
#include "verdict/hub/hub.h"
#include "verdict/tokenizers/pretrained_tokenizer.h"

namespace verdict {

/// Loads tokenizers (transformers' `AutoTokenizer`).
class AutoTokenizer {
 public:
  /// Throws `kInvalidArgument`: use `from_pretrained`.
  AutoTokenizer();

  /// A folder, or a name (see `open_model`), with `tokenizer.json`, or with the legacy files of its
  /// class, which tokenizer_config.json or config.json names. Throws `kNotFound` when there is
  /// neither, `kCorruptFile` for a file that contradicts itself, `kUnsupported` for a component or
  /// class that this version does not have.
  static std::unique_ptr<PretrainedTokenizer> from_pretrained(const std::string& name_or_path,
                                                              const HubOptions& options = {});
  /// From files that the caller opened and may close behind it.
  static std::unique_ptr<PretrainedTokenizer> from_pretrained(const FileSet& files);
};

}  // namespace verdict
