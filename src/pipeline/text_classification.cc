#include "verdict/pipeline/text_classification.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

constexpr std::array<std::pair<std::string_view, FunctionToApply>, 4> kFunctions{{
    {"default", FunctionToApply::kDefault},
    {"softmax", FunctionToApply::kSoftmax},
    {"sigmoid", FunctionToApply::kSigmoid},
    {"none", FunctionToApply::kNone},
}};

FunctionToApply default_function(const PretrainedConfig& config) {
  const auto problem_type = config.problem_type();
  if (problem_type == ProblemType::kRegression) return FunctionToApply::kNone;
  if (problem_type == ProblemType::kMultiLabelClassification || config.num_labels() == 1) {
    return FunctionToApply::kSigmoid;
  }
  return FunctionToApply::kSoftmax;
}

std::vector<float> apply(FunctionToApply function, std::span<const float> logits) {
  std::vector<float> scores(logits.begin(), logits.end());
  if (function == FunctionToApply::kSigmoid) {
    for (float& x : scores) x = static_cast<float>(1 / (1 + std::exp(-double{x})));
  } else if (function == FunctionToApply::kSoftmax) {
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float x : logits) sum += std::exp(x - largest);
    for (float& x : scores) x = static_cast<float>(std::exp(x - largest) / sum);
  }
  return scores;
}

/// The best labels, best first; equal scores keep the order of the labels. NaN comes last.
std::vector<LabelScore> best_labels(const PretrainedConfig& config,
                                    const std::vector<float>& scores, std::int64_t top_k) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return scores[a] > scores[b] || (std::isnan(scores[b]) && !std::isnan(scores[a]));
  });
  if (top_k > 0) order.resize(std::min(order.size(), static_cast<std::size_t>(top_k)));
  std::vector<LabelScore> out;
  for (const std::size_t label : order) out.push_back({config.id2label()[label], scores[label]});
  return out;
}

void append(graph::Batch& batch, const Encoding& encoding, bool takes_type_ids) {
  const auto size = static_cast<std::int32_t>(encoding.size());
  batch.width = std::max(batch.width, size);
  batch.offsets.push_back(batch.offsets.back() + size);
  for (std::int32_t column = 0; column < size; ++column) batch.columns.push_back(column);
  auto& ids = batch.tokens["input_ids"];
  ids.insert(ids.end(), encoding.ids.begin(), encoding.ids.end());
  if (!takes_type_ids) return;
  auto& type_ids = batch.tokens["token_type_ids"];
  type_ids.insert(type_ids.end(), encoding.type_ids.begin(), encoding.type_ids.end());
}

}  // namespace

FunctionToApply function_to_apply_from_name(std::string_view name) {
  for (const auto& [known, function] : kFunctions) {
    if (known == name) return function;
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("The function_to_apply \"", name,
                     "\" is unknown; use default, softmax, sigmoid or none."));
}

TextClassificationPipeline::TextClassificationPipeline(
    std::shared_ptr<SequenceClassifier> model, std::shared_ptr<const PretrainedTokenizer> tokenizer,
    bool allow_new_head)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  const LoadReport& report = model_->load_report();
  if (report.has_new_parameters() && !allow_new_head) {
    throw Error(
        ErrorCode::kInvalidArgument,
        concat("The model's classification head is freshly initialised, so its answers mean "
               "nothing: the checkpoint has no trained head. Choose a fine-tuned model, or "
               "pass allow_new_head (--allow-new-head on the command line) to go on. ",
               report.to_string()));
  }
}

std::optional<std::int64_t> TextClassificationPipeline::max_length() const {
  const auto by_model = verdict::max_length(model_->type(), model_->config());
  const auto by_tokenizer = tokenizer_->model_max_length();
  if (!by_model || !by_tokenizer) return by_model ? by_model : by_tokenizer;
  return std::min(*by_model, *by_tokenizer);
}

Encoding TextClassificationPipeline::encode(const TextInput& input, std::size_t number,
                                            const TextClassificationOptions& options) const {
  const auto limit = max_length();
  const auto length = options.max_length ? options.max_length : limit;
  EncodeOptions encode_options;
  if (options.truncation && length) {
    encode_options.truncation.strategy = TruncationStrategy::kLongestFirst;
    encode_options.truncation.max_length = *length;
    encode_options.truncation.side = tokenizer_->settings().truncation_side;
  }
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorCode::kInvalidArgument, concat("Text ", number + 1, ": ", message));
  };
  Encoding encoding;
  try {
    encoding = tokenizer_->encode(input, encode_options);
  } catch (const Error& error) {
    fail(error.what());
  }
  const auto size = static_cast<std::int64_t>(encoding.size());
  if (length && size > *length) {
    fail(concat(
        "It has ", size, " tokens, but the maximum length is ", *length,
        ". Shorten it, or have it cut: truncation, max_length (--max-length N on the command "
        "line)."));
  }
  if (size == 0) fail("It is empty, and the tokenizer adds no special tokens.");
  return encoding;
}

std::vector<std::vector<LabelScore>> TextClassificationPipeline::operator()(
    std::span<const TextInput> inputs, const TextClassificationOptions& options) const {
  const auto require_least = [](const char* option, std::int64_t value, std::int64_t least) {
    if (value >= least) return;
    throw Error(ErrorCode::kInvalidArgument,
                concat(option, " is ", value, "; a number from ", least, " on was expected."));
  };
  require_least("batch_size", options.batch_size.value_or(1), 1);
  require_least("batch_tokens", options.batch_tokens, 1);
  require_least("top_k", options.top_k, 0);
  const auto limit = max_length();
  if (options.max_length && (*options.max_length < 1 || (limit && *options.max_length > *limit))) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("max_length is ", *options.max_length, "; the model allows 1 to ",
                       limit.value_or(*options.max_length), "."));
  }
  const PretrainedConfig& config = model_->config();
  const FunctionToApply function = options.function_to_apply == FunctionToApply::kDefault
                                       ? default_function(config)
                                       : options.function_to_apply;
  const auto arguments = model_->type().family->arguments;
  const bool takes_type_ids = std::ranges::find(arguments, "token_type_ids") != arguments.end();
  const auto labels = static_cast<std::size_t>(config.num_labels());
  const auto most_texts = static_cast<std::size_t>(
      options.batch_size.value_or(std::numeric_limits<std::int32_t>::max()));
  const auto most_tokens = static_cast<std::size_t>(options.batch_tokens);

  std::vector<std::vector<LabelScore>> results;
  graph::Batch batch;
  std::size_t texts = 0;
  const auto run = [&] {
    if (texts == 0) return;
    const Tensor logits = model_->forward(batch);
    for (std::size_t row = 0; row < texts; ++row) {
      const auto scores = apply(function, logits.f32().subspan(row * labels, labels));
      results.push_back(best_labels(config, scores, options.top_k));
    }
    batch = {};
    texts = 0;
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Encoding encoding = encode(inputs[i], i, options);
    const auto tokens = static_cast<std::size_t>(batch.offsets.back());
    if (texts == most_texts || tokens + encoding.size() > most_tokens) run();
    append(batch, encoding, takes_type_ids);
    ++texts;
  }
  run();
  return results;
}

}  // namespace verdict
