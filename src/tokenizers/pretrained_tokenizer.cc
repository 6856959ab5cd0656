#include "verdict/tokenizers/pretrained_tokenizer.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/base/unicode.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/byte_level.h"
#include "verdict/tokenizers/special_tokens.h"
#include "verdict/tokenizers/word_cache.h"

namespace verdict {

namespace {

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

void check_size(std::string_view text) {
  if (text.size() > std::numeric_limits<std::int32_t>::max()) {
    invalid(concat("The text has ", text.size(), " bytes; at most 2 GiB are possible."));
  }
}

TokenSpaces spaces_of(std::string_view token) {
  const auto is_space = [](char32_t c) {
    return c == byte_level::kSpace || unicode::is_whitespace(c);
  };
  TokenSpaces spaces;
  std::size_t first = 0;
  while (first < token.size() && is_space(next_code_point(token, first))) ++spaces.leading;
  std::size_t last = token.size();
  while (last > 0) {
    const auto [c, before] = code_point_before(token, last);
    if (!is_space(c)) break;
    ++spaces.trailing;
    last = before;
  }
  return spaces;
}

void pad_to(Encoding& encoding, std::size_t length, Side side, std::int32_t id,
            std::int32_t type_id) {
  for (Encoding& window : encoding.overflowing) pad_to(window, length, side, id, type_id);
  if (encoding.size() >= length) return;
  Encoding padding;
  for (std::size_t i = encoding.size(); i < length; ++i) {
    padding.push_back(id, type_id, 1, {}, Encoding::kNone, Encoding::kNone);
    padding.attention_mask.back() = 0;
  }
  std::vector<Encoding> windows = std::exchange(encoding.overflowing, {});
  if (side == Side::kRight) {
    encoding.append(padding);
  } else {
    padding.append(encoding);
    encoding = std::move(padding);
  }
  encoding.overflowing = std::move(windows);
}

}  // namespace

/// One thread's memory for encoding.
class PretrainedTokenizer::Scratch {
 public:
  /// A cache that no other thread has until it is given back.
  std::unique_ptr<WordCache> take() {
    const std::lock_guard lock(mutex_);
    if (caches_.empty()) return std::make_unique<WordCache>();
    auto cache = std::move(caches_.back());
    caches_.pop_back();
    return cache;
  }
  void give_back(std::unique_ptr<WordCache> cache) {
    const std::lock_guard lock(mutex_);
    caches_.push_back(std::move(cache));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<WordCache>> caches_;
};

/// One text on its way to tokens.
class PretrainedTokenizer::Sequence {
 public:
  Sequence(const PretrainedTokenizer& tokenizer, std::string_view text, std::int32_t sequence,
           const EncodeOptions& options)
      : tokenizer_(tokenizer),
        options_(options),
        text_(text),
        sequence_(sequence),
        tracks_(options.return_offsets || (tokenizer.parts_.pre_tokenizer &&
                                           tokenizer.parts_.pre_tokenizer->needs_origins())),
        trims_(tokenizer.parts_.post_processor->trims_offsets()) {
    const Truncation& truncation = options.truncation;
    truncates_ = truncation.strategy != TruncationStrategy::kDoNotTruncate &&
                 !(truncation.strategy == TruncationStrategy::kOnlySecond && sequence == 0);
    most_ = static_cast<std::size_t>(std::max<std::int64_t>(truncation.max_length, 0));
    if (options.use_word_cache) cache_ = tokenizer.scratch_->take();
    // Tokens of most texts are longer.
    const std::size_t tokens = text.size() / 4 + 8;
    out_.ids.reserve(tokens);
    out_.offsets.reserve(tokens);
    out_.word_ids.reserve(tokens);
  }
  ~Sequence() {
    if (cache_) tokenizer_.scratch_->give_back(std::move(cache_));
  }
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;

  Encoding encode() && {
    const AddedVocabulary& added = tokenizer_.added_;
    const bool skip_special = options_.split_special_tokens;
    for (const auto& segment : added.split(text_, false, skip_special)) {
      if (segment.token != nullptr) {
        add_token(*segment.token, segment.range, segment.range.of(text_));
        continue;
      }
      NormalizedText normalized(segment.range.of(text_), segment.range.first, tracks_);
      if (tokenizer_.parts_.normalizer) tokenizer_.parts_.normalizer->normalize(normalized);
      if (!added.has_normalized()) {
        add_text(std::move(normalized));
        continue;
      }
      for (const auto& part : added.split(normalized.text(), true, skip_special)) {
        if (part.token != nullptr) {
          add_token(*part.token, normalized.origin(part.range), part.range.of(normalized.text()));
        } else {
          add_text(normalized.slice(part.range));
        }
      }
    }
    if (truncates_ && options_.truncation.side == Side::kLeft) keep_last_words();
    fill();
    return std::move(out_);
  }

 private:
  struct Word {
    std::size_t first;  ///< of its tokens
    bool is_added;
  };

  bool stops_early() const { return truncates_ && options_.truncation.side == Side::kRight; }

  void begin_word(bool is_added) {
    if (truncates_) words_.push_back({out_.ids.size(), is_added});
  }

  void add_token(const AddedToken& token, TextRange origin, std::string_view text) {
    if (done_) return;
    begin_word(true);
    out_.ids.push_back(token.id);
    out_.offsets.push_back(origin);
    out_.word_ids.push_back(word_++);
    if (trims_) out_.spaces.push_back(spaces_of(text));
  }

  void add_text(NormalizedText text) {
    const auto size = static_cast<std::uint32_t>(text.text().size());
    if (size == 0 || done_) return;
    PreTokenizedText split{std::move(text), {{0, size}}};
    if (tokenizer_.parts_.pre_tokenizer) tokenizer_.parts_.pre_tokenizer->split(split);
    const TokenizerModel& model = *tokenizer_.parts_.model;
    if (!model.reads_bytes()) split.write_byte_level();
    std::vector<ModelToken> tokens;
    for (const TextRange piece : split.pieces) {
      const std::string_view word = piece.of(split.text.text());
      const auto tokenize = [&](std::vector<ModelToken>& out) {
        split.byte_level ? model.tokenize_bytes(word, out) : model.tokenize(word, out);
      };
      begin_word(false);
      if (cache_ && word.size() <= WordCache::kLongestWord) {
        add_word(split.text, piece, cache_->tokens_of(word, tokenize));
      } else {
        tokens.clear();
        tokenize(tokens);
        add_word(split.text, piece, tokens);
      }
      // As the reference, which looks at the limit only behind a word that the model tokenized.
      if (stops_early() && out_.ids.size() >= most_) {
        done_ = true;
        return;
      }
    }
  }

  void add_word(const NormalizedText& text, TextRange piece, std::span<const ModelToken> tokens) {
    for (const ModelToken& token : tokens) {
      out_.ids.push_back(token.id);
      const TextRange range{piece.first + token.range.first, piece.first + token.range.last};
      if (range.last <= piece.last) {
        out_.offsets.push_back(tracks_ ? text.origin(range) : TextRange{});
      } else {
        // As the reference, which then takes bytes of the piece for bytes of the whole text.
        strays_.push_back(out_.offsets.size());
        out_.offsets.push_back(token.range);
      }
      out_.word_ids.push_back(word_);
      if (trims_) out_.spaces.push_back(tokenizer_.spaces_[static_cast<std::size_t>(token.id)]);
    }
    ++word_;
  }

  /// Keeps as few words at the end as together have `most_` tokens, the last of which is not an
  /// added token. Word ids begin with 0 again.
  void keep_last_words() {
    std::size_t kept = words_.size();
    while (kept > 0) {
      const Word& word = words_[--kept];
      if (!word.is_added && out_.ids.size() - word.first >= most_) break;
    }
    if (kept == 0) return;
    const auto first = static_cast<std::ptrdiff_t>(words_[kept].first);
    const auto drop = [&](auto& values) {
      if (!values.empty()) values.erase(values.begin(), values.begin() + first);
    };
    drop(out_.ids);
    drop(out_.offsets);
    drop(out_.word_ids);
    drop(out_.spaces);
    for (std::int32_t& word : out_.word_ids) word -= static_cast<std::int32_t>(kept);
    std::erase_if(strays_, [&](std::size_t i) { return i < words_[kept].first; });
    for (std::size_t& stray : strays_) stray -= words_[kept].first;
  }

  /// The fields that are the same for all tokens, and offsets in code points.
  void fill() {
    const std::size_t size = out_.ids.size();
    out_.type_ids.assign(size, sequence_);
    out_.attention_mask.assign(size, 1);
    out_.special_tokens_mask.assign(size, 0);
    out_.sequence_ids.assign(size, sequence_);
    if (options_.return_offsets) {
      to_code_points();
    } else {
      out_.offsets.assign(size, {});
    }
  }

  void to_code_points() {
    if (strays_.empty() && ascii_prefix(text_) == text_.size()) return;
    // Code points that begin before each byte. A token that is part of a character has all of it.
    const auto size = static_cast<std::uint32_t>(text_.size());
    std::vector<std::uint32_t> before(size + 1);
    for (std::uint32_t i = 0; i < size; ++i)
      before[i + 1] = before[i] + is_code_point_start(text_[i]);
    const auto at = [&](std::uint32_t byte) {
      return byte < size && !is_code_point_start(text_[byte]) ? before[byte] - 1 : before[byte];
    };
    std::size_t stray = 0;
    for (std::size_t i = 0; i < out_.offsets.size(); ++i) {
      TextRange& range = out_.offsets[i];
      if (stray == strays_.size() || strays_[stray] != i) {
        range = {at(range.first), before[range.last]};
        continue;
      }
      ++stray;
      if (range.first >= size) continue;
      const std::uint32_t first = at(range.first);
      if (range.last < size) {
        range = {first, at(range.last)};
      } else {
        range = {first, (range.last == size ? at(size - 1) : first + 1) + 1};
      }
    }
  }

  const PretrainedTokenizer& tokenizer_;
  const EncodeOptions& options_;
  std::string_view text_;
  std::int32_t sequence_;
  bool tracks_;
  bool trims_;
  bool truncates_ = false;
  std::size_t most_ = 0;
  std::unique_ptr<WordCache> cache_;
  Encoding out_;
  std::vector<Word> words_;          // only where the text is truncated
  std::vector<std::size_t> strays_;  // tokens whose offsets are not of their piece
  std::int32_t word_ = 0;
  bool done_ = false;
};

PretrainedTokenizer::PretrainedTokenizer(TokenizerParts parts)
    : parts_(std::move(parts)),
      added_(std::exchange(parts_.added_tokens, {}), parts_.normalizer.get()),
      scratch_(std::make_unique<Scratch>()) {
  if (!parts_.post_processor->trims_offsets()) return;
  const Vocabulary& vocabulary = parts_.model->vocabulary();
  spaces_.resize(vocabulary.id_limit());
  for (std::size_t id = 0; id < spaces_.size(); ++id) {
    if (const auto token = vocabulary.token(static_cast<std::int64_t>(id))) {
      spaces_[id] = spaces_of(*token);
    }
  }
}

PretrainedTokenizer::~PretrainedTokenizer() = default;

Encoding PretrainedTokenizer::encode_text(std::string_view text, std::int32_t sequence,
                                          std::optional<std::int32_t> word,
                                          const EncodeOptions& options) const {
  check_size(text);
  std::string replaced;
  if (find_invalid_utf8(text)) {
    replaced = replace_invalid_utf8(text);
    text = replaced;
  }
  Encoding out = Sequence(*this, text, sequence, options).encode();
  if (word) std::ranges::fill(out.word_ids, *word);
  return out;
}

Encoding PretrainedTokenizer::encode_words(const std::vector<std::string>& words,
                                           std::int32_t sequence,
                                           const EncodeOptions& options) const {
  Encoding out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out.append(encode_text(words[i], sequence, static_cast<std::int32_t>(i), options));
  }
  return out;
}

Encoding PretrainedTokenizer::finish(std::vector<Encoding> encodings,
                                     const EncodeOptions& options) const {
  const bool is_pair = encodings.size() == 2;
  const std::int64_t special = options.add_special_tokens ? num_special_tokens_to_add(is_pair) : 0;
  truncate(encodings[0], is_pair ? &encodings[1] : nullptr, special, options.truncation);
  parts_.post_processor->process(encodings, options.add_special_tokens);
  if (encodings.empty()) return {};
  std::size_t size = 0;
  for (const Encoding& encoding : encodings) size += encoding.size();
  Encoding out = std::move(encodings[0]);
  out.reserve(size);
  for (std::size_t i = 1; i < encodings.size(); ++i) out.append(encodings[i]);
  return out;
}

Encoding PretrainedTokenizer::encode(const TextInput& input, const EncodeOptions& options) const {
  std::vector<Encoding> encodings;
  encodings.push_back(encode_text(input.text, 0, std::nullopt, options));
  if (input.text_pair) {
    encodings.push_back(encode_text(*input.text_pair, 1, std::nullopt, options));
  }
  return finish(std::move(encodings), options);
}

Encoding PretrainedTokenizer::encode(const WordsInput& input, const EncodeOptions& options) const {
  std::vector<Encoding> encodings;
  encodings.push_back(encode_words(input.words, 0, options));
  if (input.words_pair) encodings.push_back(encode_words(*input.words_pair, 1, options));
  return finish(std::move(encodings), options);
}

void PretrainedTokenizer::pad(std::span<Encoding> encodings, const Padding& padding) const {
  std::size_t length = static_cast<std::size_t>(std::max<std::int64_t>(padding.max_length, 0));
  if (padding.strategy == PaddingStrategy::kLongest) {
    length = 0;
    for (const Encoding& encoding : encodings) length = std::max(length, encoding.size());
  }
  if (padding.pad_to_multiple_of > 0) {
    const auto multiple = static_cast<std::size_t>(padding.pad_to_multiple_of);
    length = (length + multiple - 1) / multiple * multiple;
  }
  const auto id = padding.pad_token_id ? padding.pad_token_id : pad_token_id();
  if (!id) {
    invalid(
        "The tokenizer has no padding token, so texts of different lengths cannot be padded. "
        "Set pad_token in its tokenizer_config.json.");
  }
  for (Encoding& encoding : encodings) {
    pad_to(encoding, length, padding.side.value_or(settings().padding_side), *id,
           padding.pad_token_type_id.value_or(settings().pad_token_type_id));
  }
}

std::string PretrainedTokenizer::decode(std::span<const std::int32_t> ids,
                                        bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) {
    const std::string* added = added_.decoded(id);
    auto token = added != nullptr ? std::optional(*added) : parts_.model->id_to_token(id);
    if (!token || (skip_special_tokens && added_.is_special(*token))) continue;
    tokens.push_back(*std::move(token));
  }
  parts_.decoder->decode(tokens);
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

std::optional<std::int32_t> PretrainedTokenizer::token_to_id(std::string_view token) const {
  if (const AddedToken* added = added_.find(token)) return added->id;
  return parts_.model->token_to_id(token);
}

std::string PretrainedTokenizer::id_to_token(std::int32_t id) const {
  if (const AddedToken* added = added_.find(id)) return added->content;
  return parts_.model->id_to_token(id).value_or("");
}

std::size_t PretrainedTokenizer::get_vocab_size(bool with_added_tokens) const {
  std::size_t size = vocab_size();
  if (!with_added_tokens) return size;
  for (const AddedToken& token : added_.tokens()) size += !parts_.model->token_to_id(token.content);
  return size;
}

std::vector<std::string> PretrainedTokenizer::batch_decode(
    std::span<const std::vector<std::int32_t>> rows, bool skip_special_tokens) const {
  std::vector<std::string> texts;
  for (const auto& ids : rows) texts.push_back(decode(ids, skip_special_tokens));
  return texts;
}

std::vector<std::optional<std::int32_t>> PretrainedTokenizer::convert_tokens_to_ids(
    std::span<const std::string> tokens) const {
  const auto unknown = unk_token_id();
  std::vector<std::optional<std::int32_t>> ids;
  for (const std::string& token : tokens) {
    const auto id = token_to_id(token);
    ids.push_back(id ? id : unknown);
  }
  return ids;
}

std::vector<std::string> PretrainedTokenizer::convert_ids_to_tokens(
    std::span<const std::int32_t> ids) const {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) tokens.push_back(id_to_token(id));
  return tokens;
}

std::optional<std::string> PretrainedTokenizer::special_token(std::string_view role) const {
  const auto found = settings().special_tokens.find(role);
  return found == settings().special_tokens.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int32_t> PretrainedTokenizer::special_token_id(std::string_view role) const {
  const auto token = special_token(role);
  return token ? token_to_id(*token) : std::nullopt;
}

std::vector<std::string> PretrainedTokenizer::all_special_tokens() const {
  std::vector<std::string> all;
  const auto add = [&](const std::string& token) {
    if (std::ranges::find(all, token) == all.end()) all.push_back(token);
  };
  for (const std::string_view role : kSpecialTokenRoles) {
    if (const auto token = special_token(role)) add(*token);
  }
  std::ranges::for_each(settings().extra_special_tokens, add);
  return all;
}

}  // namespace verdict
