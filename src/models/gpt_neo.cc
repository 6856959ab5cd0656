// GPT-Neo: Black et al. 2021, https://doi.org/10.5281/zenodo.5297715. Reference: transformers,
// GPTNeoForSequenceClassification.
#include <optional>
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/gpt2_decoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

/// Keys before the window of a local layer are not seen; scores are not scaled.
Value attention(ModelBuilder& model, const Gpt2Variant& variant, const Scope& outer,
                std::int64_t layer, Value x) {
  const PretrainedConfig& config = model.config();
  const Scope scope = outer["attention"];
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto kind = config.get<nlohmann::json>("attention_layers")
                        .at(static_cast<std::size_t>(layer))
                        .get<std::string>();
  std::optional<std::int64_t> left;
  if (kind == "local") {
    left = config.get<std::int64_t>("window_size") - 1;
  } else if (kind != "global") {
    throw Error(ErrorCode::kUnsupported,
                concat("The config's attention_types names \"", kind,
                       "\"; \"global\" and \"local\" are the known ones."));
  }
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const nn::Attention::Options options{.heads = heads,
                                       .head_size = nn::head_size(hidden, heads),
                                       .scale = 1,
                                       .dropout = config.get<double>(variant.attention_dropout)};
  const Value query = nn::linear(scope["q_proj"], x, hidden, {.bias = false});
  const Value key = nn::linear(scope["k_proj"], x, hidden, {.bias = false});
  const Value value = nn::linear(scope["v_proj"], x, hidden, {.bias = false});
  const Value columns = nn::token_columns(scope);
  const auto result =
      nn::Attention(scope, query, key, value, options).window(columns, columns, left, 0).result();
  model.attention(result.probabilities);
  return nn::linear(scope["out_proj"], result.context, hidden);
}

constexpr Gpt2Variant kVariant{{},    "embed_dropout", "attention_dropout", "resid_dropout",
                               false, &attention};

}  // namespace

extern const Family gpt_neo_family;
const Family gpt_neo_family{"transformer", kGpt2Arguments,
                            [](ModelBuilder& model) { build_gpt2(model, kVariant); },
                            &max_position_embeddings};

}  // namespace verdict::models
