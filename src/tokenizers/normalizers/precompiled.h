#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// The normalization that a sentencepiece model carries (reference: Precompiled of tokenizers,
/// which replaces grapheme by grapheme and so differs from sentencepiece itself).
class Precompiled final : public Normalizer {
 public:
  /// `charsmap` is a double array of Darts (its size in bytes, little-endian, then the units), then
  /// the replacements, each ended by NUL. Throws `kCorruptFile` for anything else.
  explicit Precompiled(std::string_view charsmap);
  void normalize(NormalizedText& text) const override;

 private:
  /// What replaces a chunk: the replacement of its shortest prefix that has one.
  std::optional<std::string_view> find(std::string_view chunk) const;
  bool keeps(char ascii) const { return keeps_[static_cast<unsigned char>(ascii)]; }

  std::vector<std::uint32_t> units_;
  std::string replacements_;
  std::array<bool, 128> keeps_{};  // ASCII characters that stay as they are
};

/// The component of a tokenizer.json, whose charsmap is base64.
std::unique_ptr<Normalizer> make_precompiled(const nlohmann::json& component);

}  // namespace verdict
