// BART: Lewis et al. 2019, https://arxiv.org/abs/1910.13461; mBART: Liu et al. 2020,
// https://arxiv.org/abs/2001.08210; PLBART: Ahmad et al. 2021, https://arxiv.org/abs/2103.06333;
// MVP: Tang et al. 2022, https://arxiv.org/abs/2206.12131. Reference: transformers,
// BartForSequenceClassification and its kin.
#include <array>

#include "verdict/models/bart_stack.h"
#include "verdict/models/eos_head.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 1> kArguments{"input_ids"};

void build(ModelBuilder& model, const BartVariant& variant) {
  const PretrainedConfig& config = model.config();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const Scope scope = model.root()["model"];
  const Value positions = nn::column_positions(
      scope, max_position_embeddings(config) + kBartPositionOffset, kBartPositionOffset);
  const Value decoder_ids =
      variant.wraps_ids
          ? nn::wrapped_input_ids(scope, vocab_size, config.get<std::int32_t>("pad_token_id"))
          : nn::shifted_input_ids(scope, vocab_size,
                                  config.get<std::int32_t>("decoder_start_token_id"));

  const Value encoded = bart_stack(model, variant, "encoder", nn::input_ids(scope, vocab_size),
                                   positions, std::nullopt);
  model.output("encoder_last_hidden_state", encoded);
  const Value last = bart_stack(model, variant, "decoder", decoder_ids, positions, encoded);
  model.logits(eos_head(model, model.root()["classification_head"], last));
}

}  // namespace

extern const Family bart_family;
const Family bart_family{"model", kArguments, [](ModelBuilder& model) { build(model, {}); },
                         &max_position_embeddings};

extern const Family mbart_family;
const Family mbart_family{
    "model", kArguments,
    [](ModelBuilder& model) { build(model, {.pre_norm = true, .wraps_ids = true}); },
    &max_position_embeddings};

extern const Family mvp_family;
const Family mvp_family{"model", kArguments,
                        [](ModelBuilder& model) { build(model, {.prompts = true}); },
                        &max_position_embeddings};

extern const Family plbart_family;
const Family plbart_family{"model", kArguments,
                           [](ModelBuilder& model) { build(model, {.wraps_ids = true}); },
                           &max_position_embeddings};

}  // namespace verdict::models
