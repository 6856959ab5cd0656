#include "verdict/tokenizers/post_processors/post_processor.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/post_processors/end_token.h"
#include "verdict/tokenizers/post_processors/template.h"
#include "verdict/tokenizers/post_processors/trim_offsets.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

constexpr std::string_view kRoom = "post_processor";

std::int32_t read_id(const json& value) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
      value.get<std::int64_t>() > std::numeric_limits<std::int32_t>::max()) {
    corrupt(kRoom, "a token id is no integer from 0 on");
  }
  return value.get<std::int32_t>();
}

TemplatePiece read_piece(const json& item, const json& special_tokens) {
  const char* kind = item.is_object() && item.contains("Sequence") ? "Sequence" : "SpecialToken";
  if (!item.is_object() || !item.contains(kind) || !item[kind].is_object()) {
    corrupt(kRoom, "a piece of its template is neither Sequence nor SpecialToken");
  }
  const json& body = item[kind];
  TemplatePiece piece;
  piece.type_id = static_cast<std::int32_t>(get_integer(body, "type_id", 0));
  const std::string id = get_string(body, "id", "");
  if (kind == std::string_view("Sequence")) {
    if (id != "A" && id != "B") corrupt(kRoom, "a sequence of its template is neither A nor B");
    piece.sequence = id == "A" ? 0 : 1;
    return piece;
  }
  const auto token = special_tokens.find(id);
  if (token == special_tokens.end() || !token->is_object()) {
    corrupt(kRoom, "its special_tokens lack \"" + id + "\"");
  }
  for (const json& value : get_list(*token, "ids")) piece.special_ids.push_back(read_id(value));
  if (piece.special_ids.empty()) corrupt(kRoom, "its special token \"" + id + "\" has no ids");
  return piece;
}

std::vector<TemplatePiece> read_template(const json& component, std::string_view field,
                                         const json& special_tokens, std::size_t texts) {
  std::vector<TemplatePiece> pieces;
  for (const json& item : get_list(component, field)) {
    pieces.push_back(read_piece(item, special_tokens));
    if (pieces.back().sequence >= texts) corrupt(kRoom, "its template for one text names B");
  }
  return pieces;
}

std::unique_ptr<PostProcessor> make_template(const json& component) {
  const json special_tokens = component.value("special_tokens", json::object());
  return std::make_unique<TemplateProcessor>(read_template(component, "single", special_tokens, 1),
                                             read_template(component, "pair", special_tokens, 2));
}

TemplatePiece read_token(const json& component, const char* field) {
  const json& pair = get_list(component, field);
  if (pair.size() != 2) corrupt(kRoom, concat("its \"", field, "\" is no [text, id]"));
  return TemplatePiece{{read_id(pair[1])}, 0, 0};
}

/// BertProcessing: [CLS] A [SEP] (B [SEP]).
std::unique_ptr<PostProcessor> make_bert(const json& component) {
  const TemplatePiece cls = read_token(component, "cls");
  const TemplatePiece sep = read_token(component, "sep");
  const TemplatePiece a{{}, 0, 0};
  const TemplatePiece b{{}, 1, 1};
  const TemplatePiece last_sep{sep.special_ids, 0, 1};
  return std::make_unique<TemplateProcessor>(std::vector{cls, a, sep},
                                             std::vector{cls, a, sep, b, last_sep});
}

class ProcessorSequence final : public PostProcessor {
 public:
  explicit ProcessorSequence(std::vector<std::unique_ptr<PostProcessor>> steps)
      : steps_(std::move(steps)) {}

  std::int64_t added_tokens(bool is_pair) const override {
    std::int64_t count = 0;
    for (const auto& step : steps_) count += step->added_tokens(is_pair);
    return count;
  }

  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override {
    for (const auto& step : steps_) step->process(encodings, add_special_tokens);
  }

  bool trims_offsets() const override {
    return std::ranges::any_of(steps_, [](const auto& step) { return step->trims_offsets(); });
  }

 private:
  std::vector<std::unique_ptr<PostProcessor>> steps_;
};

/// RobertaProcessing: <s> A </s> (</s> B </s>), every type id 0.
std::unique_ptr<PostProcessor> make_roberta(const json& component) {
  std::vector<std::unique_ptr<PostProcessor>> steps;
  if (get_bool(component, "trim_offsets", true)) {
    steps.push_back(std::make_unique<TrimOffsets>(get_bool(component, "add_prefix_space", true)));
  }
  const TemplatePiece cls = read_token(component, "cls");
  const TemplatePiece sep = read_token(component, "sep");
  const TemplatePiece a{{}, 0, 0};
  const TemplatePiece b{{}, 1, 0};
  steps.push_back(std::make_unique<TemplateProcessor>(std::vector{cls, a, sep},
                                                      std::vector{cls, a, sep, sep, b, sep}));
  return std::make_unique<ProcessorSequence>(std::move(steps));
}

/// A text and its pair as they are.
std::unique_ptr<PostProcessor> make_plain() {
  return std::make_unique<ProcessorSequence>(std::vector<std::unique_ptr<PostProcessor>>());
}

std::unique_ptr<PostProcessor> make(const json& component, int depth) {
  const std::string type = type_of(component, kRoom);
  if (type == "TemplateProcessing") return make_template(component);
  if (type == "BertProcessing") return make_bert(component);
  if (type == "RobertaProcessing") return make_roberta(component);
  if (type == "ByteLevel") {
    if (!get_bool(component, "trim_offsets", true)) return make_plain();
    return std::make_unique<TrimOffsets>(get_bool(component, "add_prefix_space", true));
  }
  if (type == "EndToken") {  // of a class that has no tokenizer.json
    return std::make_unique<EndToken>(read_id(component.value("id", json())));
  }
  if (type == "Sequence") {
    return std::make_unique<ProcessorSequence>(
        make_steps<PostProcessor>(component, "processors", depth, &make));
  }
  unsupported(kRoom, type);
}

}  // namespace

std::unique_ptr<PostProcessor> make_post_processor(const json& component) {
  return component.is_null() ? make_plain() : make(component, 0);
}

}  // namespace verdict
