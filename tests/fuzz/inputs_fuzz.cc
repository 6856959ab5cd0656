// The tensors of a call: names, dtypes, shapes and values at will, through a small BERT.
#include <fuzzer/FuzzedDataProvider.h>

#include <array>

#include "fuzz.h"
#include "verdict/auto/auto_model.h"

namespace {

using namespace verdict;

constexpr std::array kNames{"input_ids",    "attention_mask", "token_type_ids",
                            "position_ids", "labels",         "pixel_values"};
constexpr std::array kTypes{DType::kI64, DType::kI32, DType::kF32, DType::kBool, DType::kU8};

Tensor any_tensor(FuzzedDataProvider& provider, const std::vector<std::int64_t>& usual_shape) {
  std::vector<std::int64_t> shape = usual_shape;
  if (provider.ConsumeIntegralInRange(0, 7) == 0) {
    shape.resize(provider.ConsumeIntegralInRange<std::size_t>(0, 3));
    for (std::int64_t& size : shape) size = provider.ConsumeIntegralInRange(0, 5);
  }
  const bool usual = provider.ConsumeIntegralInRange(0, 7) != 0;
  if (!usual) {
    Tensor tensor(provider.PickValueInArray(kTypes), shape);
    const auto bytes = provider.ConsumeBytes<std::uint8_t>(tensor.bytes().size());
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(tensor.bytes().data()));
    return tensor;
  }
  Tensor tensor(DType::kI64, shape);
  const std::int64_t most = provider.PickValueInArray<std::int64_t>({1, 2, 63, 119, 200});
  for (std::int64_t& value : tensor.i64()) {
    value = provider.ConsumeIntegralInRange<std::int64_t>(most == 200 ? -most : 0, most);
  }
  return tensor;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider provider(data, size);
  // Every call starts from the same model: labels set its problem type.
  static const PretrainedConfig config =
      AutoConfig::from_pretrained(VERDICT_ROOT "/tests/fixtures/models/bert");
  const auto model = AutoModelForSequenceClassification::from_config(config);
  const std::vector<std::int64_t> shape{provider.ConsumeIntegralInRange(1, 4),
                                        provider.ConsumeIntegralInRange(1, 70)};
  ModelInputs inputs;
  inputs.emplace("input_ids", any_tensor(provider, shape));
  for (int more = provider.ConsumeIntegralInRange(0, 4); more > 0; --more) {
    inputs.insert_or_assign(provider.PickValueInArray(kNames), any_tensor(provider, shape));
  }
  ForwardOptions options;
  options.output_hidden_states = provider.ConsumeBool();
  options.output_attentions = provider.ConsumeBool();
  fuzz::expect_answer([&] { model->forward(inputs, options); });
  return 0;
}
