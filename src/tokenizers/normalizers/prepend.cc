#include "verdict/tokenizers/normalizers/prepend.h"

#include <utility>

namespace verdict {

PrependNormalizer::PrependNormalizer(std::string prepend) : prepend_(std::move(prepend)) {}

void PrependNormalizer::normalize(NormalizedText& text) const {
  if (text.text().empty()) return;
  NormalizedText::Builder builder(text);
  builder.insert(prepend_, text.origin_of_character(0));
  builder.keep({0, static_cast<std::uint32_t>(text.text().size())});
  text = std::move(builder).finish();
}

}  // namespace verdict
