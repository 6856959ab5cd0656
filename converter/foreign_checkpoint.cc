// The converter's definition, which programs have that are linked with it. It is linked as an
// object file, so that it goes before the core library's own.
#include "verdict/auto/foreign_checkpoint.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict_convert/input.h"

namespace verdict {

namespace {

using convert::CheckpointKind;

struct Framework {
  std::string_view name;
  std::string_view option;
  std::span<const std::string_view> files;  ///< in the reference's order of preference
};

constexpr auto kTensorFlowFiles =
    std::to_array<std::string_view>({"model.ckpt.index", "tf_model.h5", "tf_model.h5.index.json"});
constexpr auto kFlaxFiles =
    std::to_array<std::string_view>({"flax_model.msgpack", "flax_model.msgpack.index.json"});
constexpr auto kPyTorchFiles =
    std::to_array<std::string_view>({"model.safetensors", "model.safetensors.index.json",
                                     "pytorch_model.bin", "pytorch_model.bin.index.json"});

constexpr Framework kTensorFlow{"TensorFlow", "from_tf", kTensorFlowFiles};
constexpr Framework kFlax{"Flax", "from_flax", kFlaxFiles};
constexpr Framework kPyTorch{"PyTorch", "", kPyTorchFiles};

const Framework& framework_of(CheckpointKind kind) {
  switch (kind) {
    case CheckpointKind::kSafetensors:
    case CheckpointKind::kPyTorch:
      return kPyTorch;
    case CheckpointKind::kFlax:
      return kFlax;
    default:
      return kTensorFlow;
  }
}

std::string advice(const Framework& wanted, const Framework& found) {
  return found.option.empty() ? concat("Leave ", wanted.option, " out.")
                              : concat("Use ", found.option, " instead of ", wanted.option, ".");
}

std::optional<std::string> find_file(const FileSet& files, const Framework& framework) {
  for (const std::string_view name : framework.files) {
    if (files.contains(std::string(name))) return std::string(name);
  }
  return std::nullopt;
}

std::string find_weights(const FileSet& files, const Framework& wanted) {
  if (auto own = find_file(files, wanted)) return *own;
  // TensorFlow's classes write safetensors too; their metadata tell.
  const auto safetensors = find_file(files, kPyTorch);
  if (&wanted == &kTensorFlow && safetensors && starts_with(*safetensors, "model.safetensors"))
    return *safetensors;
  std::string reason;
  for (const Framework* other : {&kPyTorch, &kTensorFlow, &kFlax}) {
    if (other == &wanted || !reason.empty()) continue;
    if (const auto file = find_file(files, *other))
      reason =
          concat(" It holds weights of ", other->name, " (", *file, "). ", advice(wanted, *other));
  }
  throw Error(ErrorCode::kNotFound,
              concat("\"", files.name(), "\" has no weights of ", wanted.name, ": expected one of ",
                     quoted_list(wanted.files), ".", reason));
}

}  // namespace

std::unique_ptr<CheckpointReader> open_foreign_checkpoint(const FileSet& files,
                                                          const std::string& file,
                                                          ForeignFormat format,
                                                          const PretrainedConfig& config) {
  const Framework& wanted = format == ForeignFormat::kFlax ? kFlax : kTensorFlow;
  const std::string name = file.empty() ? find_weights(files, wanted) : file;
  convert::StoredCheckpoint stored = convert::open_stored(files, name);
  if (const Framework& found = framework_of(stored.kind); &found != &wanted) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("\"", files.name(), "/", name, "\" holds weights of ", found.name, ", not ",
                       wanted.name, ". ", advice(wanted, found)));
  }
  convert::NameMap map = convert::map_names(stored, config);
  return convert::mapped_checkpoint(std::move(stored.reader), std::move(map));
}

}  // namespace verdict
