#pragma once

#include "verdict/base/tensor.h"
#include "verdict/config/config.h"

namespace verdict {

/// Infers the problem type from the labels as the reference's forward does: one label → regression;
/// integer labels → single-label; others → multi-label.
ProblemType infer_problem_type(std::int64_t num_labels, DType labels_dtype);

/// The loss of transformers' `ForSequenceClassificationLoss`: mean squared error (regression;
/// labels [batch] or [batch, num_labels]), cross-entropy (single label; integer labels [batch],
/// -100 is ignored), binary cross-entropy with logits (multi-label; labels [batch, num_labels]).
/// `logits` is float32 [batch, num_labels]. Throws `kInvalidArgument` for labels of a wrong shape,
/// dtype or range.
double sequence_classification_loss(ProblemType problem_type, const Tensor& logits,
                                    const Tensor& labels);

}  // namespace verdict
