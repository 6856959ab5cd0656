#include "verdict/bindings/tokenizer.h"

#include <optional>
#include <string_view>

#include "verdict/base/utf8.h"

namespace verdict::bindings {

std::string Tokenizer::load(Files& files, const std::string& name) {
  return guarded([&] {
    tokenizer_ = AutoTokenizer::from_pretrained(*files.take(name));
    const TokenizerSettings& settings = tokenizer_->settings();
    const auto side = [](Side s) { return s == Side::kRight ? "right" : "left"; };
    json special = json::object();
    for (const auto& [role, token] : settings.special_tokens) {
      const auto id = tokenizer_->token_to_id(token);
      special[role] = {token, id ? json(*id) : json()};
    }
    return json{
        {"tokenizer_class", settings.tokenizer_class},
        {"vocab_size", tokenizer_->vocab_size()},
        {"model_max_length", settings.model_max_length ? json(*settings.model_max_length) : json()},
        {"model_input_names", settings.model_input_names},
        {"padding_side", side(settings.padding_side)},
        {"truncation_side", side(settings.truncation_side)},
        {"special_tokens", std::move(special)},
        {"all_special_tokens", tokenizer_->all_special_tokens()}};
  });
}

std::string Tokenizer::encode(const std::string& texts, const std::string& options) {
  return guarded([&] {
    const json given = arguments(options);
    TokenizeOptions tokenize;
    tokenize.add_special_tokens = given.value("add_special_tokens", true);
    tokenize.split_special_tokens = given.value("split_special_tokens", false);
    tokenize.return_offsets_mapping = given.value("return_offsets_mapping", false);
    tokenize.return_overflowing_tokens = given.value("return_overflowing_tokens", false);
    tokenize.stride = given.value("stride", 0);
    tokenize.pad_to_multiple_of = given.value("pad_to_multiple_of", 0);
    if (given.value("offset_unit", "utf-16") == "utf-16") tokenize.offset_unit = OffsetUnit::kUtf16;
    if (given.contains("max_length")) tokenize.max_length = given["max_length"].get<std::int64_t>();
    if (given.contains("truncation")) {
      tokenize.truncation = truncation_strategy_from_name(given["truncation"].get<std::string>());
    }
    if (given.contains("padding")) {
      tokenize.padding = given["padding"] == "max_length" ? PaddingStrategy::kMaxLength
                                                          : PaddingStrategy::kLongest;
    }
    const bool pairs = given.value("pairs", false);
    const json& lengths = given.at("lengths");
    std::vector<TextInput> inputs;
    std::size_t at = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      inputs.push_back({take_text(texts, at, lengths[i]), std::nullopt});
      if (pairs) inputs.back().text_pair = take_text(texts, at, lengths.at(++i));
    }
    const BatchEncoding batch = (*tokenizer_)(inputs, tokenize);
    json sizes = json::array();
    encoded_.clear();
    for (const Encoding& row : batch.rows) sizes.push_back(row.size());
    for (const auto field : {&Encoding::ids, &Encoding::type_ids, &Encoding::attention_mask,
                             &Encoding::special_tokens_mask, &Encoding::word_ids}) {
      for (const Encoding& row : batch.rows) {
        const std::vector<std::int32_t>& values = row.*field;
        encoded_.insert(encoded_.end(), values.begin(), values.end());
      }
    }
    if (tokenize.return_offsets_mapping) {
      for (const Encoding& row : batch.rows) {
        for (const TextRange range : row.offsets) {
          encoded_.push_back(static_cast<std::int32_t>(range.first));
          encoded_.push_back(static_cast<std::int32_t>(range.last));
        }
      }
    }
    return json{{"sizes", std::move(sizes)}, {"samples", batch.overflow_to_sample_mapping}};
  });
}

val Tokenizer::encoded() const {
  return val(emscripten::typed_memory_view(encoded_.size(), encoded_.data()));
}

std::string Tokenizer::decode(const std::string& ids, bool skip_special_tokens) const {
  return guarded([&] {
    const std::vector<std::int32_t> list = arguments(ids);
    return json(tokenizer_->decode(list, skip_special_tokens));
  });
}

std::string Tokenizer::tokens(const std::string& ids) const {
  return guarded([&] {
    json out = json::array();
    for (const json& id : arguments(ids)) out.push_back(tokenizer_->id_to_token(id));
    return out;
  });
}

std::string Tokenizer::ids(const std::string& tokens) const {
  return guarded([&] {
    const std::vector<std::string> list = arguments(tokens);
    json out = json::array();
    for (const auto id : tokenizer_->convert_tokens_to_ids(list))
      out.push_back(id ? json(*id) : json());
    return out;
  });
}

std::string Tokenizer::take_text(const std::string& texts, std::size_t& at, std::size_t length) {
  const std::size_t first = at;
  at += ascii_prefix(std::string_view(texts).substr(at, length));
  for (std::size_t units = at - first; units < length && at < texts.size();) {
    units += next_code_point(texts, at) < 0x10000 ? 1 : 2;
  }
  return texts.substr(first, at - first);
}

}  // namespace verdict::bindings
