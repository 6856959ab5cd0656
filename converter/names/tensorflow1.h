#pragma once

#include <span>

#include "verdict_convert/names/rules.h"

// The model types whose TensorFlow 1 names are known, by family.
namespace verdict::convert {

std::span<const TypeNames> bert_names();  ///< BERT and what is built of its layers
std::span<const TypeNames> albert_names();
std::span<const TypeNames> canine_names();
std::span<const TypeNames> xlnet_names();
std::span<const TypeNames> funnel_names();
std::span<const TypeNames> gpt_names();  ///< GPT, GPT-2, GPT-Neo
std::span<const TypeNames> t5_names();
std::span<const TypeNames> pegasus_names();  ///< BigBird-Pegasus

}  // namespace verdict::convert
