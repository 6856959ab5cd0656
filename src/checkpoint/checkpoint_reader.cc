#include "verdict/checkpoint/checkpoint_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/safetensors.h"

namespace verdict {

namespace {

using nlohmann::json;

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

/// Weights that only the converter reads, by file name.
constexpr std::array<std::pair<const char*, const char*>, 6> kOtherFormats{{
    {"pytorch_model.bin", "PyTorch"},
    {"pytorch_model.bin.index.json", "PyTorch"},
    {"tf_model.h5", "TensorFlow (Keras)"},
    {"tf_model.h5.index.json", "TensorFlow (Keras)"},
    {"flax_model.msgpack", "Flax"},
    {"model.ckpt.index", "TensorFlow 1"},
}};

class Safetensors final : public CheckpointReader {
 public:
  explicit Safetensors(std::vector<std::unique_ptr<ByteSource>> files) : files_(std::move(files)) {
    std::set<std::string_view> names;
    for (std::size_t file = 0; file < files_.size(); ++file) {
      SafetensorsHeader header = read_safetensors_header(*files_[file]);
      if (file == 0) framework_ = header.metadata["format"];
      for (TensorInfo& tensor : header.tensors) {
        tensors_.push_back(std::move(tensor));
        file_of_.push_back(file);
      }
    }
    for (const TensorInfo& tensor : tensors_) {
      if (!names.insert(tensor.name).second) {
        throw Error(ErrorCode::kCorruptFile, concat("The tensor \"", tensor.name,
                                                    "\" stands in two shards of the checkpoint."));
      }
    }
  }

  std::span<const TensorInfo> tensors() const override { return tensors_; }

  void read(std::size_t index, std::span<std::byte> out) const override {
    files_[file_of_.at(index)]->read(tensors_[index].begin, out);
  }

  std::string_view framework() const override { return framework_; }

 private:
  std::vector<std::unique_ptr<ByteSource>> files_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::size_t> file_of_;
  std::string framework_;
};

json weight_map(std::string_view index_json, std::string_view name) {
  const json index = parse_json(index_json, name);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw Error(ErrorCode::kCorruptFile, concat("\"", name, "\" has no object \"weight_map\"."));
  }
  if (index["weight_map"].empty()) {
    throw Error(ErrorCode::kCorruptFile, concat("The \"weight_map\" of \"", name, "\" is empty."));
  }
  return index["weight_map"];
}

std::unique_ptr<CheckpointReader> open_shards(const FileSet& files, const ByteSource& index) {
  const std::string text = read_text(index);
  std::vector<std::unique_ptr<ByteSource>> shards;
  for (const std::string& shard : shard_names(text, index.name()))
    shards.push_back(files.require(shard));
  auto reader = std::make_unique<Safetensors>(std::move(shards));
  std::set<std::string_view> stored;
  for (const TensorInfo& tensor : reader->tensors()) stored.insert(tensor.name);
  const json map = weight_map(text, index.name());
  for (const auto& [tensor, shard] : map.items()) {
    if (!stored.contains(tensor)) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("\"", index.name(), "\" names the tensor \"", tensor, "\", but its shard ",
                         to_text(shard), " does not hold it."));
    }
  }
  return reader;
}

}  // namespace

std::vector<std::string> shard_names(std::string_view index_json, std::string_view name) {
  std::set<std::string> shards;
  const json map = weight_map(index_json, name);
  for (const auto& [tensor, shard] : map.items()) {
    const std::string file = shard.is_string() ? shard.get<std::string>() : "";
    if (file.empty() || file.front() == '.' || file.find_first_of("/\\:") != std::string::npos) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("\"", name, "\" places the tensor \"", tensor, "\" in ", to_text(shard),
                         ", which is no plain file name."));
    }
    shards.insert(file);
  }
  return {shards.begin(), shards.end()};
}

std::unique_ptr<CheckpointReader> open_safetensors(std::vector<std::unique_ptr<ByteSource>> files) {
  return std::make_unique<Safetensors>(std::move(files));
}

std::unique_ptr<CheckpointReader> open_checkpoint(const FileSet& files) {
  if (auto weights = files.open(kWeights)) {
    std::vector<std::unique_ptr<ByteSource>> single;
    single.push_back(std::move(weights));
    return open_safetensors(std::move(single));
  }
  if (const auto index = files.open(kIndex)) return open_shards(files, *index);
  for (const auto& [file, format] : kOtherFormats) {
    if (files.contains(file)) {
      throw Error(
          ErrorCode::kUnsupported,
          concat("\"", files.name(), "\" holds ", format, " weights (", file,
                 "), which this version does not read. Save the model as safetensors first."));
    }
  }
  throw Error(ErrorCode::kNotFound, concat("\"", files.name(), "\" has no weights: expected ",
                                           kWeights, " or ", kIndex, "."));
}

}  // namespace verdict
