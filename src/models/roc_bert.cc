// RoCBert: Su et al. 2022, https://aclanthology.org/2022.acl-long.65; BERT with embeddings of the
// shape and of the pronunciation of each character. Reference: transformers,
// RoCBertForSequenceClassification.
#include <algorithm>
#include <string>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr const char* kShape = "input_shape_ids";
constexpr const char* kPronunciation = "input_pronunciation_ids";
constexpr std::array<std::string_view, 5> kArguments{"input_ids", kShape, kPronunciation,
                                                     "token_type_ids", "position_ids"};

/// An embedding beside that of the words.
struct Further {
  const char* argument;
  Value embedded;
};

/// The same number for every token: `of_batch` of how many of the arguments the caller gave.
template <typename OfCount>
Value factor(const Scope& scope, std::string name, std::vector<const char*> arguments,
             OfCount of_count) {
  auto prelude = [=](const graph::Batch& batch, std::span<float> out) {
    const auto given = std::ranges::count_if(
        arguments, [&](const char* argument) { return !batch.find(argument).empty(); });
    std::ranges::fill(out, of_count(static_cast<float>(given)));
  };
  return scope.graph().apply(
      graph::FloatInputOp{std::move(name), graph::Graph::kTokens, 1, std::move(prelude)}, {});
}

/// The mean of the normalised sum and of those further embeddings whose argument was given.
Value mean_of_given(const Scope& scope, Value x, const std::vector<Further>& further) {
  std::vector<const char*> arguments;
  for (const Further& other : further) {
    const Value given = factor(scope, std::string(other.argument) + "_given", {other.argument},
                               [](float count) { return count; });
    x = nn::add(scope, x, nn::multiply(scope, other.embedded, given));
    arguments.push_back(other.argument);
  }
  return nn::multiply(scope, x, factor(scope, "mean", std::move(arguments), [](float count) {
                        return 1 / (1 + count);
                      }));
}

Value embeddings(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto pad_token_id = config.get_or<std::int64_t>("pad_token_id", -1);
  std::vector<Further> further;
  const auto declare = [&](const char* argument, std::string_view module, const std::string& name) {
    const auto entries = config.get<std::int64_t>(name + "_vocab_size");
    const auto size = config.get<std::int64_t>(name + "_embed_dim");
    const bool is_enabled = config.get<bool>("enable_" + name);
    if (is_enabled && size != hidden && !config.get<bool>("concat_input")) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("The config's ", name, "_embed_dim is ", size, "; hidden_size, which is ",
                         hidden, ", was expected, because concat_input is false."));
    }
    const Value embedded =
        nn::embedding(scope[module], nn::optional_input(scope, argument, entries, 0), entries, size,
                      pad_token_id);
    if (is_enabled) further.push_back({argument, embedded});
  };
  declare(kShape, "shape_embed", "shape");
  declare(kPronunciation, "pronunciation_embed", "pronunciation");

  const Value positions = nn::column_positions(scope, max_position_embeddings(config));
  if (!config.get<bool>("concat_input")) {
    return mean_of_given(scope, bert_embeddings(model, scope, positions, hidden), further);
  }
  const auto map_inputs = [&](Value words) {
    std::vector<Value> columns{words};
    for (const Further& other : further) columns.push_back(other.embedded);
    return nn::linear(scope["map_inputs_layer"], nn::concat_columns(scope, columns), hidden);
  };
  return bert_embeddings(model, scope, positions, hidden, {.map_words = map_inputs});
}

void build(ModelBuilder& model) {
  const Scope roc_bert = model.root()["roc_bert"];
  const Value embedded = embeddings(model, roc_bert["embeddings"]);
  const Value last = bert_encoder(model, roc_bert["encoder"], embedded);
  pooled_head(model, roc_bert["pooler"], last, classifier_dropout(model.config()));
}

}  // namespace

extern const Family roc_bert_family;
const Family roc_bert_family{"roc_bert", kArguments, &build, &max_position_embeddings};

}  // namespace verdict::models
