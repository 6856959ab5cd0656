#pragma once

#include "verdict/models/family.h"

namespace verdict::models {

/// The reference's SequenceSummary: one token of each sequence, or their mean, by the config's
/// `summary_*` attributes, with an optional projection `summary`; [rows, columns].
Value sequence_summary(const ModelBuilder& model, const Scope& scope, Value last);

}  // namespace verdict::models
