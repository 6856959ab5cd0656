#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/tokenizers/added_vocabulary.h"
#include "verdict/tokenizers/batch_encoding.h"
#include "verdict/tokenizers/decoders/decoder.h"
#include "verdict/tokenizers/encoding.h"
#include "verdict/tokenizers/models/tokenizer_model.h"
#include "verdict/tokenizers/post_processors/post_processor.h"
#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"
#include "verdict/tokenizers/truncation.h"

namespace verdict {

/// One text, or a pair for models of sentence pairs. UTF-8.
struct TextInput {
  std::string text;
  std::optional<std::string> text_pair;
};

/// A text or pair that is divided into words already; word ids count these, and offsets count
/// within them.
struct WordsInput {
  std::vector<std::string> words;
  std::optional<std::vector<std::string>> words_pair;
};

struct EncodeOptions {
  bool add_special_tokens = true;
  Truncation truncation;
  /// Whether special tokens in the text are text (`split_special_tokens`).
  bool split_special_tokens = false;
  /// Whether `Encoding::offsets` are wanted; without them encoding is faster and they are all zero.
  bool return_offsets = false;
  /// Whether the tokens of words that came before are looked up.
  bool use_word_cache = true;
};

/// Unset fields are the tokenizer's own.
struct Padding {
  PaddingStrategy strategy = PaddingStrategy::kLongest;
  std::int64_t max_length = 0;          ///< for kMaxLength
  std::int64_t pad_to_multiple_of = 0;  ///< 0: not
  std::optional<Side> side;
  std::optional<std::int32_t> pad_token_id;
  std::optional<std::int32_t> pad_token_type_id;
};

/// What a tokenizer's config says beside the pipeline of components.
struct TokenizerSettings {
  /// The sections `truncation` and `padding` of tokenizer.json, which the class Tokenizer applies.
  std::optional<Truncation> truncation;
  std::optional<Padding> padding;

  std::string tokenizer_class;
  std::optional<std::int64_t> model_max_length;  ///< tokens; unset: no limit
  std::vector<std::string> model_input_names;    ///< what its models take
  Side padding_side = Side::kRight;
  Side truncation_side = Side::kRight;
  /// Tokens by role: "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token",
  /// "mask_token"; those that the tokenizer has.
  std::map<std::string, std::string, std::less<>> special_tokens;
  /// Special tokens without a role, in order.
  std::vector<std::string> extra_special_tokens;
  std::int32_t pad_token_type_id = 0;
  bool clean_up_tokenization_spaces = false;
};

/// Where a tokenizer came from.
struct TokenizerSource {
  std::shared_ptr<const FileSet> files;
  std::vector<std::string> names;     ///< of those that were read
  std::string tokenizer_config_json;  ///< what they say beside the pipeline, as one file
};

/// Everything that makes a tokenizer.
struct TokenizerParts {
  std::unique_ptr<Normalizer> normalizer;       ///< may be null
  std::unique_ptr<PreTokenizer> pre_tokenizer;  ///< may be null
  std::unique_ptr<TokenizerModel> model;
  std::unique_ptr<PostProcessor> post_processor;
  std::unique_ptr<Decoder> decoder;
  std::vector<AddedToken> added_tokens;
  TokenizerSettings settings;
  std::shared_ptr<const TokenizerSource> source;  ///< may be null
};

/// Text to token ids and back (transformers' `PreTrainedTokenizerFast`). Immutable; may be used
/// from several threads.
class PretrainedTokenizer {
 public:
  explicit PretrainedTokenizer(TokenizerParts parts);

  ~PretrainedTokenizer();

  /// Tokenizes a text or a pair. Like the reference, it tokenizes no more of a text that is
  /// truncated than the words that reach `max_length` tokens, so `overflowing` ends there. What is
  /// not well-formed UTF-8 counts as U+FFFD, one for each maximal subpart. Throws
  /// `kInvalidArgument` for a truncation that cannot be done, and for a text that the model cannot
  /// tokenize.
  Encoding encode(const TextInput& input, const EncodeOptions& options = {}) const;
  Encoding encode(const WordsInput& input, const EncodeOptions& options = {}) const;

  /// Tokenizes texts or pairs into the rows of one batch (the reference's call). Throws as `encode`
  /// and `pad`, and `kInvalidArgument` when there is no maximum length to truncate or pad to.
  BatchEncoding operator()(std::span<const TextInput> inputs,
                           const TokenizeOptions& options = {}) const;

  /// Brings encodings, and their windows, to one length. Throws `kInvalidArgument` when the
  /// tokenizer has no padding token.
  void pad(std::span<Encoding> encodings, const Padding& padding = {}) const;

  /// The text of ids; unknown ids are skipped.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special_tokens = false) const;

  std::vector<std::string> batch_decode(std::span<const std::vector<std::int32_t>> rows,
                                        bool skip_special_tokens = false) const;

  /// The id of an unknown token is that of `unk_token`; nothing where there is none.
  std::vector<std::optional<std::int32_t>> convert_tokens_to_ids(
      std::span<const std::string> tokens) const;
  /// Empty for an unknown id.
  std::vector<std::string> convert_ids_to_tokens(std::span<const std::int32_t> ids) const;

  std::optional<std::int32_t> token_to_id(std::string_view token) const;
  /// The token's text; empty for an unknown id.
  std::string id_to_token(std::int32_t id) const;

  /// Tokens that `encode` adds to a text or a pair.
  std::int64_t num_special_tokens_to_add(bool is_pair) const {
    return parts_.post_processor->added_tokens(is_pair);
  }

  std::size_t vocab_size() const { return parts_.model->vocab_size(); }
  /// With added tokens: those of the vocabulary and the added ones that it lacks.
  std::size_t get_vocab_size(bool with_added_tokens) const;
  const std::vector<AddedToken>& added_tokens() const { return added_.tokens(); }
  const TokenizerSettings& settings() const { return parts_.settings; }
  std::optional<std::int64_t> model_max_length() const { return settings().model_max_length; }

  /// The token of a role (`TokenizerSettings::special_tokens`), or its id; nothing where the
  /// tokenizer has none.
  std::optional<std::string> special_token(std::string_view role) const;
  std::optional<std::int32_t> special_token_id(std::string_view role) const;
  std::optional<std::string> bos_token() const { return special_token("bos_token"); }
  std::optional<std::string> eos_token() const { return special_token("eos_token"); }
  std::optional<std::string> unk_token() const { return special_token("unk_token"); }
  std::optional<std::string> sep_token() const { return special_token("sep_token"); }
  std::optional<std::string> pad_token() const { return special_token("pad_token"); }
  std::optional<std::string> cls_token() const { return special_token("cls_token"); }
  std::optional<std::string> mask_token() const { return special_token("mask_token"); }
  std::optional<std::int32_t> bos_token_id() const { return special_token_id("bos_token"); }
  std::optional<std::int32_t> eos_token_id() const { return special_token_id("eos_token"); }
  std::optional<std::int32_t> unk_token_id() const { return special_token_id("unk_token"); }
  std::optional<std::int32_t> sep_token_id() const { return special_token_id("sep_token"); }
  std::optional<std::int32_t> pad_token_id() const { return special_token_id("pad_token"); }
  std::optional<std::int32_t> cls_token_id() const { return special_token_id("cls_token"); }
  std::optional<std::int32_t> mask_token_id() const { return special_token_id("mask_token"); }
  /// Tokens with a role in the order above, then those without one; each once.
  std::vector<std::string> all_special_tokens() const;

  /// Writes the files that it was loaded from into a folder, which is created, so that
  /// `AutoTokenizer::from_pretrained` gives the same tokenizer. Throws `kUnsupported` for one that
  /// was loaded from files that the caller opened, `kIo` where it cannot write.
  void save_pretrained(const std::string& folder) const;

 private:
  class Sequence;
  class Scratch;

  Encoding encode_text(std::string_view text, std::int32_t sequence,
                       std::optional<std::int32_t> word, const EncodeOptions& options) const;
  Encoding encode_words(const std::vector<std::string>& words, std::int32_t sequence,
                        const EncodeOptions& options) const;
  Encoding finish(std::vector<Encoding> encodings, const EncodeOptions& options) const;

  TokenizerParts parts_;
  AddedVocabulary added_;
  std::vector<TokenSpaces> spaces_;  // by id, for a post-processor that trims offsets
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace verdict
