#include "verdict/tokenizers/batch_encoding.h"

#include <algorithm>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/pretrained_tokenizer.h"

namespace verdict {

namespace {

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

/// Turns offsets in code points into offsets in units of UTF-16.
void count_in_utf16(Encoding& encoding, const TextInput& input) {
  for (Encoding& window : encoding.overflowing) count_in_utf16(window, input);
  for (std::int32_t sequence = 0; sequence < (input.text_pair ? 2 : 1); ++sequence) {
    const std::string_view text = sequence == 0 ? input.text : *input.text_pair;
    std::vector<std::uint32_t> astral;  // the code points that take two units
    std::size_t at = ascii_prefix(text);
    for (auto index = static_cast<std::uint32_t>(at); at < text.size(); ++index) {
      if (next_code_point(text, at) >= 0x10000) astral.push_back(index);
    }
    const auto to_units = [&](std::uint32_t& place) {
      place += static_cast<std::uint32_t>(std::ranges::lower_bound(astral, place) - astral.begin());
    };
    for (std::size_t i = 0; i < encoding.offsets.size(); ++i) {
      if (encoding.sequence_ids[i] != sequence) continue;
      to_units(encoding.offsets[i].first);
      to_units(encoding.offsets[i].last);
    }
  }
}

}  // namespace

BatchEncoding PretrainedTokenizer::operator()(std::span<const TextInput> inputs,
                                              const TokenizeOptions& options) const {
  const bool truncates = options.truncation != TruncationStrategy::kDoNotTruncate;
  const auto max_length = options.max_length ? options.max_length : model_max_length();
  if (!max_length && (truncates || options.padding == PaddingStrategy::kMaxLength)) {
    invalid("The tokenizer has no maximum length of its own; pass max_length.");
  }
  EncodeOptions encode_options;
  encode_options.add_special_tokens = options.add_special_tokens;
  encode_options.return_offsets = options.return_offsets_mapping;
  encode_options.split_special_tokens = options.split_special_tokens;
  if (truncates) {
    encode_options.truncation = {options.truncation, *max_length, options.stride,
                                 settings().truncation_side};
  }

  std::vector<Encoding> encodings;
  encodings.reserve(inputs.size());
  for (const TextInput& input : inputs) {
    encodings.push_back(encode(input, encode_options));
    if (options.return_offsets_mapping && options.offset_unit == OffsetUnit::kUtf16) {
      count_in_utf16(encodings.back(), input);
    }
  }
  if (options.padding) {
    Padding padding;
    padding.strategy = *options.padding;
    padding.max_length = max_length.value_or(0);
    padding.pad_to_multiple_of = options.pad_to_multiple_of;
    pad(encodings, padding);
  }

  BatchEncoding batch;
  const auto& names = settings().model_input_names;
  batch.has_token_type_ids = std::ranges::find(names, "token_type_ids") != names.end();
  for (std::size_t sample = 0; sample < encodings.size(); ++sample) {
    std::vector<Encoding> windows = std::exchange(encodings[sample].overflowing, {});
    batch.rows.push_back(std::move(encodings[sample]));
    if (options.return_overflowing_tokens) {
      std::ranges::move(windows, std::back_inserter(batch.rows));
    }
    batch.overflow_to_sample_mapping.resize(batch.rows.size(), sample);
  }
  return batch;
}

std::map<std::string, Tensor, std::less<>> BatchEncoding::tensors() const {
  const std::size_t width = rows.empty() ? 0 : rows.front().size();
  if (std::ranges::any_of(rows, [&](const Encoding& row) { return row.size() != width; })) {
    invalid("The texts have different numbers of tokens; pass padding to make one tensor of them.");
  }
  const auto stack = [&](std::vector<std::int32_t> Encoding::*field) {
    Tensor out(DType::kI64,
               {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(width)});
    auto values = out.i64().begin();
    for (const Encoding& row : rows) values = std::ranges::copy(row.*field, values).out;
    return out;
  };
  std::map<std::string, Tensor, std::less<>> out;
  out.emplace("input_ids", stack(&Encoding::ids));
  out.emplace("attention_mask", stack(&Encoding::attention_mask));
  if (has_token_type_ids) out.emplace("token_type_ids", stack(&Encoding::type_ids));
  return out;
}

}  // namespace verdict
