#include "verdict/auto/loss.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

/// torch's ignore_index of CrossEntropyLoss.
constexpr std::int64_t kIgnored = -100;

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

/// Labels as float32; the shape must be [batch] (one output) or that of the logits.
Tensor float_labels(ProblemType problem_type, const Tensor& logits, const Tensor& labels) {
  const bool flat = logits.shape()[1] == 1 && labels.shape() == std::vector{logits.shape()[0]};
  if (!flat && labels.shape() != logits.shape()) {
    invalid(concat("labels have the shape ", shape_string(labels.shape()), "; for ",
                   problem_type_name(problem_type), " the shape of the logits, ",
                   shape_string(logits.shape()), ", was expected."));
  }
  return to_f32(labels.view());
}

double mean_squared_error(const Tensor& logits, const Tensor& labels) {
  const Tensor target = float_labels(ProblemType::kRegression, logits, labels);
  double sum = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const double difference = double{logits.f32()[i]} - target.f32()[i];
    sum += difference * difference;
  }
  return sum / static_cast<double>(target.size());
}

double cross_entropy(const Tensor& logits, const Tensor& labels) {
  const std::int64_t rows = logits.shape()[0];
  const auto classes = static_cast<std::size_t>(logits.shape()[1]);
  if (is_floating_point(labels.dtype()) || labels.size() != static_cast<std::size_t>(rows)) {
    invalid(concat("labels are ", dtype_name(labels.dtype()), " of the shape ",
                   shape_string(labels.shape()), "; for single_label_classification integers [",
                   rows, "] were expected."));
  }
  const Tensor target = to_i64(labels.view());
  double sum = 0;
  std::int64_t counted = 0;
  for (std::size_t row = 0; row < target.size(); ++row) {
    const std::int64_t label = target.i64()[row];
    if (label == kIgnored) continue;
    if (label < 0 || label >= logits.shape()[1]) {
      invalid(concat("The label ", label, " of row ", row, " is out of range; the model has ",
                     classes, " labels, 0 to ", classes - 1, "."));
    }
    const std::span<const float> x = logits.f32().subspan(row * classes, classes);
    const double largest = *std::max_element(x.begin(), x.end());
    double total = 0;
    for (const float value : x) total += std::exp(value - largest);
    sum += std::log(total) + largest - x[static_cast<std::size_t>(label)];
    ++counted;
  }
  return sum / static_cast<double>(counted);
}

double binary_cross_entropy(const Tensor& logits, const Tensor& labels) {
  const Tensor target = float_labels(ProblemType::kMultiLabelClassification, logits, labels);
  double sum = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const double x = logits.f32()[i];
    sum += std::max(x, 0.0) - x * target.f32()[i] + std::log1p(std::exp(-std::fabs(x)));
  }
  return sum / static_cast<double>(target.size());
}

}  // namespace

ProblemType infer_problem_type(std::int64_t num_labels, DType labels_dtype) {
  if (num_labels == 1) return ProblemType::kRegression;
  return is_floating_point(labels_dtype) ? ProblemType::kMultiLabelClassification
                                         : ProblemType::kSingleLabelClassification;
}

double sequence_classification_loss(ProblemType problem_type, const Tensor& logits,
                                    const Tensor& labels) {
  switch (problem_type) {
    case ProblemType::kRegression:
      return mean_squared_error(logits, labels);
    case ProblemType::kSingleLabelClassification:
      return cross_entropy(logits, labels);
    case ProblemType::kMultiLabelClassification:
      return binary_cross_entropy(logits, labels);
  }
  throw Error(ErrorCode::kInternal, "A loss has no problem type.");
}

}  // namespace verdict
