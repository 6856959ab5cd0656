#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/pattern.h"

namespace verdict {

/// A regular expression that PCRE2 matches, under limits: a text on which it backtracks too long is
/// an error.
class Regex final : public Pattern {
 public:
  /// A pattern in Oniguruma's syntax; throws as `make_regex_pattern`.
  explicit Regex(std::string_view pattern);
  ~Regex() override;

  void find(std::string_view text, std::vector<TextRange>& matches) const override;

 private:
  struct Compiled;

  std::string pattern_;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace verdict
