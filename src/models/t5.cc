// T5: Raffel et al. 2019, https://arxiv.org/abs/1910.10683; mT5: Xue et al. 2020,
// https://arxiv.org/abs/2010.11934; UMT5: Chung et al. 2023, https://arxiv.org/abs/2304.09151.
// Reference: transformers, T5ForSequenceClassification and its kin.
#include <array>
#include <cmath>

#include "verdict/models/eos_head.h"
#include "verdict/models/t5_stack.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 1> kArguments{"input_ids"};

void build(ModelBuilder& model, bool bias_by_layer) {
  const PretrainedConfig& config = model.config();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const Scope scope = model.root()["transformer"];

  const Value encoded =
      t5_stack(model, bias_by_layer, "encoder", nn::input_ids(scope, vocab_size), std::nullopt);
  model.output("encoder_last_hidden_state", encoded);
  const Value decoder_ids =
      nn::shifted_input_ids(scope, vocab_size, config.get<std::int32_t>("decoder_start_token_id"));
  const Value last = t5_stack(model, bias_by_layer, "decoder", decoder_ids, encoded);
  const double stddev = config.get<double>("initializer_factor") /
                        std::sqrt(static_cast<double>(config.get<std::int64_t>("hidden_size")));
  model.logits(eos_head(model, model.root()["classification_head"].with_deviation(stddev), last));
}

}  // namespace

extern const Family t5_family;
const Family t5_family{"transformer", kArguments, [](ModelBuilder& model) { build(model, false); }};

extern const Family umt5_family;
const Family umt5_family{"transformer", kArguments,
                         [](ModelBuilder& model) { build(model, true); }};

}  // namespace verdict::models
