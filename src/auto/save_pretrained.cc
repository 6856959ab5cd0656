#include "verdict/auto/save_pretrained.h"

#include <filesystem>
#include <system_error>

#include "verdict/base/error.h"
#include "verdict/base/file_writer.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/safetensors.h"

namespace verdict {

void save_pretrained(const SequenceClassifier& model, const std::string& folder) {
  std::vector<TensorWriter> tensors;
  for (const ParameterSummary& parameter : model.named_parameters()) {
    if (parameter.storage == DType::kI8) {
      throw Error(ErrorCode::kUnsupported,
                  "A q8 model keeps no float weights, so it cannot be saved. Load it with dtype "
                  "\"f32\" to save it.");
    }
    tensors.push_back({parameter.name, DType::kF32, parameter.shape,
                       [&model, name = parameter.name] { return model.parameter(name); }});
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::kIo,
                concat("The folder \"", folder, "\" cannot be created: ", error.message(), "."));
  }
  FileWriter weights(concat(folder, "/model.safetensors"));
  write_safetensors(tensors, [&](std::span<const std::byte> bytes) { weights.write(bytes); });
  FileWriter config(concat(folder, "/config.json"));
  const std::string json = model.config_json();
  config.write(std::as_bytes(std::span(json)));
  weights.commit();
  config.commit();
}

}  // namespace verdict
