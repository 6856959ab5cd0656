#include "verdict/tokenizers/pretrained_tokenizer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

void check_text(std::string_view text) {
  if (text.size() > std::numeric_limits<std::int32_t>::max()) {
    invalid(concat("The text has ", text.size(), " bytes; at most 2 GiB are possible."));
  }
  if (const auto at = find_invalid_utf8(text)) {
    invalid(concat("The text is not valid UTF-8 at byte ", *at, "."));
  }
}

/// Byte offsets as code points, in place.
void to_code_points(std::string_view text, std::vector<TextRange>& offsets) {
  std::vector<std::uint32_t> index(text.size() + 1);
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    index[i] = count;
    if (i + 1 == text.size() || is_code_point_start(text[i + 1])) ++count;
  }
  index[text.size()] = count;
  for (TextRange& range : offsets) range = {index[range.first], index[range.last]};
}

/// The last whole words that together have at least `least` tokens.
void keep_last_words(Encoding& encoding, std::size_t least) {
  if (encoding.size() <= least) return;
  std::size_t first = encoding.size() - least;
  if (first == encoding.size()) return;
  while (first > 0 && encoding.word_ids[first - 1] == encoding.word_ids[first]) --first;
  encoding = encoding.slice(first, encoding.size());
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

PretrainedTokenizer::PretrainedTokenizer(TokenizerParts parts) : parts_(std::move(parts)) {
  for (AddedToken& token : parts_.added_tokens)
    added_.add(std::move(token), parts_.normalizer.get());
  parts_.added_tokens.clear();
}

void PretrainedTokenizer::encode_segment(NormalizedText text, std::int32_t sequence,
                                         std::size_t most, std::int32_t& word,
                                         Encoding& out) const {
  const auto size = static_cast<std::uint32_t>(text.text().size());
  if (size == 0) return;
  PreTokenizedText split{std::move(text), {{0, size}}};
  if (parts_.pre_tokenizer) parts_.pre_tokenizer->split(split);
  std::vector<ModelToken> tokens;
  for (const TextRange piece : split.pieces) {
    if (out.size() >= most) return;
    tokens.clear();
    parts_.model->tokenize(piece.of(split.text.text()), tokens);
    for (const ModelToken& token : tokens) {
      const TextRange range{piece.first + token.range.first, piece.first + token.range.last};
      out.push_back(token.id, sequence, 0, split.text.origin(range), word, sequence);
    }
    ++word;
  }
}

Encoding PretrainedTokenizer::encode_sequence(std::string_view text, std::int32_t sequence,
                                              const EncodeOptions& options) const {
  check_text(text);
  const Truncation& truncation = options.truncation;
  const bool truncates = truncation.strategy != TruncationStrategy::kDoNotTruncate &&
                         !(truncation.strategy == TruncationStrategy::kOnlySecond && sequence == 0);
  const auto max_length =
      static_cast<std::size_t>(std::max<std::int64_t>(truncation.max_length, 0));
  const std::size_t most = truncates && truncation.side == Side::kRight
                               ? max_length
                               : std::numeric_limits<std::size_t>::max();
  Encoding out;
  std::int32_t word = 0;
  const auto add_token = [&](const AddedToken& token, TextRange origin) {
    if (out.size() < most) out.push_back(token.id, sequence, 0, origin, word++, sequence);
  };
  for (const auto& segment : added_.split(text, false, options.split_special_tokens)) {
    if (segment.token != nullptr) {
      add_token(*segment.token, segment.range);
      continue;
    }
    NormalizedText normalized(segment.range.of(text), segment.range.first, options.return_offsets);
    if (parts_.normalizer) parts_.normalizer->normalize(normalized);
    if (!added_.has_normalized()) {
      encode_segment(std::move(normalized), sequence, most, word, out);
      continue;
    }
    for (const auto& part : added_.split(normalized.text(), true, options.split_special_tokens)) {
      if (part.token != nullptr) {
        add_token(*part.token, normalized.origin(part.range));
      } else {
        encode_segment(normalized.slice(part.range), sequence, most, word, out);
      }
    }
  }
  if (truncates && truncation.side == Side::kLeft) keep_last_words(out, max_length);
  if (options.return_offsets) {
    to_code_points(text, out.offsets);
  } else {
    std::ranges::fill(out.offsets, TextRange{});
  }
  return out;
}

Encoding PretrainedTokenizer::encode(const TextInput& input, const EncodeOptions& options) const {
  std::vector<Encoding> encodings;
  encodings.push_back(encode_sequence(input.text, 0, options));
  if (input.text_pair) encodings.push_back(encode_sequence(*input.text_pair, 1, options));
  const std::int64_t special =
      options.add_special_tokens ? num_special_tokens_to_add(input.text_pair.has_value()) : 0;
  truncate(encodings[0], input.text_pair ? &encodings[1] : nullptr, special, options.truncation);
  return parts_.post_processor->process(std::move(encodings), options.add_special_tokens);
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
  std::vector<std::string_view> tokens;
  for (const std::int32_t id : ids) {
    const AddedToken* added = added_.find(id);
    if (added != nullptr && added->special && skip_special_tokens) continue;
    const auto token = added != nullptr ? std::optional<std::string_view>(added->content)
                                        : parts_.model->vocabulary().token(id);
    if (token) tokens.push_back(*token);
  }
  return parts_.decoder->decode(tokens);
}

std::optional<std::int32_t> PretrainedTokenizer::token_to_id(std::string_view token) const {
  if (const AddedToken* added = added_.find(token)) return added->id;
  return parts_.model->vocabulary().find(token);
}

std::string PretrainedTokenizer::id_to_token(std::int32_t id) const {
  if (const AddedToken* added = added_.find(id)) return added->content;
  return std::string(parts_.model->vocabulary().token(id).value_or(""));
}

std::optional<std::int32_t> PretrainedTokenizer::pad_token_id() const {
  return settings().pad_token ? token_to_id(*settings().pad_token) : std::nullopt;
}

}  // namespace verdict
