#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/normalized_text.h"
#include "verdict/tokenizers/vocabulary.h"

namespace verdict {

/// A token and its bytes in the piece that the model got.
struct ModelToken {
  std::int32_t id;
  TextRange range;
};

/// Turns one piece of text into tokens.
class TokenizerModel {
 public:
  virtual ~TokenizerModel() = default;

  /// Appends the tokens of a piece that is not empty. The ranges count the bytes that the tokens
  /// stand for, one token after another; where the reference counts wrongly they may reach beyond
  /// the piece.
  virtual void tokenize(std::string_view piece, std::vector<ModelToken>& out) const = 0;

  /// Whether `tokenize_bytes` may be called.
  virtual bool reads_bytes() const { return false; }

  /// As `tokenize` of the byte-level characters of a piece, with ranges in the piece itself.
  virtual void tokenize_bytes(std::string_view piece, std::vector<ModelToken>& out) const {
    tokenize(piece, out);
  }

  virtual const Vocabulary& vocabulary() const = 0;

  // The vocabulary as the reference counts it; a model may have more tokens than it lists.
  virtual std::optional<std::int32_t> token_to_id(std::string_view token) const {
    return vocabulary().find(token);
  }
  virtual std::optional<std::string> id_to_token(std::int32_t id) const {
    const auto token = vocabulary().token(id);
    return token ? std::optional<std::string>(*token) : std::nullopt;
  }
  virtual std::size_t vocab_size() const { return vocabulary().size(); }
};

/// The component `model` of a tokenizer.json. Its members `vocab` and `merges` are text, because
/// trees of them would take much longer to build than what is made of them.
class ModelComponent {
 public:
  /// A component that is all tree.
  ModelComponent(const nlohmann::json& fields);  // NOLINT(google-explicit-constructor)

  /// A component without the members that are text; empty: it has none.
  ModelComponent(const nlohmann::json& fields, std::string_view vocab, std::string_view merges)
      : fields_(fields), vocab_(vocab), merges_(merges) {}

  ModelComponent(const ModelComponent&) = delete;
  ModelComponent& operator=(const ModelComponent&) = delete;

  const nlohmann::json& fields() const { return fields_; }
  std::string_view vocab() const { return vocab_; }
  std::string_view merges() const { return merges_; }

 private:
  const nlohmann::json& fields_;
  std::string vocab_text_;
  std::string merges_text_;
  std::string_view vocab_;
  std::string_view merges_;
};

/// The component `model` of a tokenizer.json, also of old files that do not name its type. Throws
/// `kUnsupported` for an unknown type, `kCorruptFile` for one that contradicts itself, and
/// `JsonScanner::Malformed` for text that is no JSON.
std::unique_ptr<TokenizerModel> make_tokenizer_model(const ModelComponent& component);

}  // namespace verdict
