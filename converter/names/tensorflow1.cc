#include "verdict_convert/names/tensorflow1.h"

#include <array>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

/// What training leaves beside the weights, in all code bases.
constexpr std::array kTrainingState{
    SkipRule{"**/adam_m", SkipReason::kOptimizer},
    SkipRule{"**/adam_v", SkipReason::kOptimizer},
    SkipRule{"**/lamb_m", SkipReason::kOptimizer},
    SkipRule{"**/lamb_v", SkipReason::kOptimizer},
    SkipRule{"**/Adam", SkipReason::kOptimizer},
    SkipRule{"**/Adam_#", SkipReason::kOptimizer},
    SkipRule{"**/Momentum", SkipReason::kOptimizer},
    SkipRule{"**/AdamWeightDecayOptimizer", SkipReason::kOptimizer},
    SkipRule{"**/AdamWeightDecayOptimizer_#", SkipReason::kOptimizer},
    SkipRule{"AdamWeightDecayOptimizer*", SkipReason::kOptimizer},
    SkipRule{"**/*_slot_v", SkipReason::kOptimizer},
    SkipRule{"**/*_slot_vr", SkipReason::kOptimizer},
    SkipRule{"**/*_slot_vc", SkipReason::kOptimizer},
    SkipRule{"**/*_slot_m", SkipReason::kOptimizer},
    SkipRule{"beta#_power", SkipReason::kOptimizer},
    SkipRule{"beta#_power_#", SkipReason::kOptimizer},
    SkipRule{"global_step", SkipReason::kCounter},
    SkipRule{"**/global_step", SkipReason::kCounter},
};

}  // namespace

NameMap map_tensorflow1(std::span<const TensorInfo> stored, const Naming& naming) {
  const std::string type = naming.config.model_type();
  std::vector<std::string_view> known;
  for (const auto names : {bert_names(), albert_names(), canine_names(), xlnet_names(),
                           funnel_names(), gpt_names(), t5_names(), pegasus_names()}) {
    for (const TypeNames& candidate : names) {
      known.push_back(candidate.model_type);
      if (candidate.model_type != type) continue;
      std::vector<std::string> stored_names;
      for (const TensorInfo& tensor : stored) {
        // Savers of TensorFlow Hub's modules put this scope around all.
        constexpr std::string_view kModule = "module/";
        const std::string_view name = tensor.name;
        stored_names.emplace_back(starts_with(name, kModule) ? name.substr(kModule.size()) : name);
      }
      return apply_rules(candidate, kTrainingState, stored_names, stored, naming);
    }
  }
  throw Error(ErrorCode::kUnsupported,
              concat("No TensorFlow 1 checkpoints of the model type \"", type,
                     "\" are known; those of ", quoted_list(known, known.size()),
                     " are. If the config names another model, correct it."));
}

}  // namespace verdict::convert
