#pragma once

#include <string>
#include <string_view>

#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

namespace verdict {

/// Where Metaspace puts its replacement before a piece: nowhere, where the input begins,
/// everywhere.
enum class PrependScheme { kNever, kFirst, kAlways };

/// "never", "first", "always"; throws `kCorruptFile`.
PrependScheme prepend_scheme_from_name(std::string_view name);

/// Makes spaces visible and splits before them (reference: Metaspace of tokenizers).
class MetaspacePreTokenizer final : public PreTokenizer {
 public:
  MetaspacePreTokenizer(std::string replacement, PrependScheme scheme, bool splits);
  void split(PreTokenizedText& text) const override;
  bool needs_origins() const override { return scheme_ == PrependScheme::kFirst; }

 private:
  std::string replacement_;
  PrependScheme scheme_;
  bool splits_;
};

}  // namespace verdict
