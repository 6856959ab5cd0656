#include "verdict/auto/model_output.h"

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

const std::vector<Tensor>& SequenceClassifierOutput::state(const std::string& name) const {
  const auto found = states.find(name);
  if (found == states.end()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        concat(
            "The output \"", name,
            "\" was not computed. Pass output_hidden_states or output_attentions; encoder-decoder "
            "classes name theirs encoder_…, decoder_… and cross_…."));
  }
  return found->second;
}

}  // namespace verdict
