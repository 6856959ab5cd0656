#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "verdict/tokenizers/normalized_text.h"

namespace verdict {

/// A normalized text and the pieces that the model will see one by one.
struct PreTokenizedText {
  NormalizedText text;
  std::vector<TextRange> pieces;
  /// Whether the bytes of the pieces stand for their byte-level characters, which saves writing
  /// these out for a model that reads bytes.
  bool byte_level = false;

  /// Writes byte-level characters out.
  void write_byte_level();

  /// Rebuilds the text from its pieces: `rebuild(piece, builder)` appends what becomes of one.
  template <typename Rebuild>
  void rebuild(const Rebuild& rebuild_piece) {
    NormalizedText::Builder builder(text);
    for (TextRange& piece : pieces) {
      const std::uint32_t first = builder.size();
      rebuild_piece(piece, builder);
      piece = {first, builder.size()};
    }
    text = std::move(builder).finish();
  }
};

/// Divides pieces further.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;

  /// `text` has no unwritten byte-level characters.
  virtual void split(PreTokenizedText& text) const = 0;

  /// Whether it asks where a piece comes from, so that origins have to be tracked.
  virtual bool needs_origins() const { return false; }
};

/// The component `pre_tokenizer` of a tokenizer.json; null for null. Throws `kUnsupported` for an
/// unknown type.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const nlohmann::json& component);

}  // namespace verdict
