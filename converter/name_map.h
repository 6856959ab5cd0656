#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::convert {

/// A parameter as a view of a stored tensor: rows `first` to `first + count` of the first axis,
/// then the axes permuted, then reshaped.
struct MappedTensor {
  std::string name;        ///< of the parameter, in the reference's spelling
  std::size_t stored = 0;  ///< index of the reader's `tensors()`
  std::int64_t first = 0;
  std::optional<std::int64_t> count;     ///< none: all rows
  std::vector<std::size_t> permutation;  ///< empty: the axes as stored
  std::vector<std::int64_t> shape;       ///< of the parameter
};

/// Why a stored tensor becomes no parameter.
enum class SkipReason {
  kOptimizer,        ///< a slot of an optimizer (adam_m, _slot_v, .OPTIMIZER_SLOT)
  kCounter,          ///< global_step, save_counter
  kPreTrainingHead,  ///< cls/*, generator/*: not part of a classifier
  kUnrepresentable,  ///< a classifier's head that the reference's class cannot hold
  kUnused,           ///< a parameter of the original that the reference's class lacks
  kUnknown,          ///< no rule names it
};

struct SkippedTensor {
  std::size_t stored = 0;
  SkipReason reason = SkipReason::kUnknown;
};

/// What becomes of every stored tensor. One of another code base's names maps to several parameters
/// where it is split or used twice.
struct NameMap {
  std::vector<MappedTensor> mapped;
  std::vector<SkippedTensor> skipped;
};

/// A checkpoint's tensors under the parameters' names. Reads one stored tensor at a time.
std::unique_ptr<CheckpointReader> mapped_checkpoint(std::unique_ptr<CheckpointReader> stored,
                                                    NameMap map);

}  // namespace verdict::convert
