#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/auto/model.h"
#include "verdict/tokenizers/auto_tokenizer.h"

namespace verdict {

/// How logits become scores; the default follows the config as the reference's pipeline does:
/// regression → none, multi-label or one label → sigmoid, else softmax.
enum class FunctionToApply { kDefault, kSoftmax, kSigmoid, kNone };

/// "default", "softmax", "sigmoid", "none"; throws `kInvalidArgument` for any other.
FunctionToApply function_to_apply_from_name(std::string_view name);

struct LabelScore {
  std::string label;
  float score = 0;
};

struct TextClassificationOptions {
  /// The best k labels, best first; 0: all of them.
  std::int64_t top_k = 1;
  FunctionToApply function_to_apply = FunctionToApply::kDefault;
  /// Texts computed together at most; unset: as many as `batch_tokens` allows.
  std::optional<std::int64_t> batch_size;
  /// Tokens given to the model together at most; a longer text is computed alone. Nothing is
  /// padded, so texts of any lengths go together.
  std::int64_t batch_tokens = 4096;
  /// Cut longer texts at `max_length`; without it, a longer text is an error.
  bool truncation = false;
  /// Tokens, special ones included; unset: the model's own maximum.
  std::optional<std::int64_t> max_length;
};

/// Text in, labels and scores out (transformers' `TextClassificationPipeline`).
class TextClassificationPipeline {
 public:
  /// Throws `kInvalidArgument` when the model's head is freshly initialised (its answers would mean
  /// nothing), unless `allow_new_head`.
  TextClassificationPipeline(std::shared_ptr<SequenceClassifier> model,
                             std::shared_ptr<const PretrainedTokenizer> tokenizer,
                             bool allow_new_head = false);

  /// Labels by text, in the order of the texts. An empty list gives an empty list. Throws
  /// `kInvalidArgument`, with the text's number, for a text over the maximum length (naming the
  /// length and the option).
  std::vector<std::vector<LabelScore>> operator()(
      std::span<const TextInput> inputs, const TextClassificationOptions& options = {}) const;

  SequenceClassifier& model() const { return *model_; }
  const PretrainedTokenizer& tokenizer() const { return *tokenizer_; }

  /// The longest input in tokens: the least of what the tokenizer and the model's positions allow;
  /// unset: no limit.
  std::optional<std::int64_t> max_length() const;

 private:
  /// The tokens of `inputs[number]`; throws for a text that the model cannot take.
  Encoding encode(const TextInput& input, std::size_t number,
                  const TextClassificationOptions& options) const;

  std::shared_ptr<SequenceClassifier> model_;
  std::shared_ptr<const PretrainedTokenizer> tokenizer_;
};

}  // namespace verdict
