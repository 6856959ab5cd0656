#include "verdict/tokenizers/decoders/decoder.h"

#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/decoders/bpe.h"
#include "verdict/tokenizers/decoders/byte_fallback.h"
#include "verdict/tokenizers/decoders/byte_level.h"
#include "verdict/tokenizers/decoders/bytes.h"
#include "verdict/tokenizers/decoders/ctc.h"
#include "verdict/tokenizers/decoders/fuse.h"
#include "verdict/tokenizers/decoders/metaspace.h"
#include "verdict/tokenizers/decoders/replace.h"
#include "verdict/tokenizers/decoders/strip.h"
#include "verdict/tokenizers/decoders/symbol_bpe.h"
#include "verdict/tokenizers/decoders/word_piece.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

constexpr std::string_view kRoom = "decoder";

/// Puts spaces between tokens.
class SpaceDecoder final : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    for (std::size_t i = 1; i < tokens.size(); ++i) tokens[i].insert(0, 1, ' ');
  }
};

class DecoderSequence final : public Decoder {
 public:
  explicit DecoderSequence(std::vector<std::unique_ptr<Decoder>> steps)
      : steps_(std::move(steps)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (const auto& step : steps_) step->decode(tokens);
  }

 private:
  std::vector<std::unique_ptr<Decoder>> steps_;
};

std::size_t get_count(const json& component, std::string_view field) {
  const std::int64_t count = get_integer(component, field, 0);
  if (count < 0) corrupt(kRoom, concat("its \"", field, "\" is negative"));
  return static_cast<std::size_t>(count);
}

std::unique_ptr<Decoder> make(const json& component, int depth) {
  const std::string type = type_of(component, kRoom);
  if (type == "BPEDecoder") {
    return std::make_unique<BpeDecoder>(get_string(component, "suffix", "</w>"));
  }
  if (type == "ByteFallback") return std::make_unique<ByteFallbackDecoder>();
  if (type == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
  if (type == "CTC") {
    return std::make_unique<CtcDecoder>(get_string(component, "pad_token", "<pad>"),
                                        get_string(component, "word_delimiter_token", "|"),
                                        get_bool(component, "cleanup", true));
  }
  if (type == "Fuse") return std::make_unique<FuseDecoder>();
  if (type == "Metaspace") {
    const bool prepends = get_string(component, "prepend_scheme", "always") != "never" &&
                          get_bool(component, "add_prefix_space", true);
    return std::make_unique<MetaspaceDecoder>(get_character(component, "replacement"), prepends);
  }
  if (type == "Replace") {
    return std::make_unique<ReplaceDecoder>(make_pattern(component),
                                            get_string(component, "content", ""));
  }
  if (type == "Strip") {
    return std::make_unique<StripDecoder>(get_character(component, "content"),
                                          get_count(component, "start"),
                                          get_count(component, "stop"));
  }
  if (type == "WordPiece") {
    return std::make_unique<WordPieceDecoder>(get_string(component, "prefix", "##"),
                                              get_bool(component, "cleanup", true));
  }
  // Of classes that have no tokenizer.json.
  if (type == "Bytes") {
    return std::make_unique<BytesDecoder>(get_bool(component, "replaces_invalid", true));
  }
  if (type == "SymbolBpe") {
    return std::make_unique<SymbolBpeDecoder>(get_string(component, "within", ""));
  }
  if (type == "Sequence") {
    return std::make_unique<DecoderSequence>(
        make_steps<Decoder>(component, "decoders", depth, &make));
  }
  unsupported(kRoom, type);
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const json& component) {
  if (component.is_null()) return std::make_unique<SpaceDecoder>();
  return make(component, 0);
}

}  // namespace verdict
