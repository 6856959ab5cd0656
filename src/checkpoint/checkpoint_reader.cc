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
#include "verdict/checkpoint/pytorch.h"
#include "verdict/checkpoint/safetensors.h"

namespace verdict {

namespace {

using nlohmann::json;

/// Files of weights that are read, in the reference's order of preference.
struct Format {
  const char* weights;
  const char* index;
  OpenWeights open;
};

constexpr std::array<Format, 2> kFormats{{
    {"model.safetensors", "model.safetensors.index.json", open_safetensors},
    {"pytorch_model.bin", "pytorch_model.bin.index.json", open_pytorch},
}};

/// Weights that only the converter reads, with the option of `from_pretrained` that asks for it.
struct OtherFormat {
  const char* weights;
  const char* framework;
  const char* option;
};

constexpr std::array<OtherFormat, 5> kOtherFormats{{
    {"model.ckpt.index", "TensorFlow", "from_tf"},
    {"tf_model.h5", "TensorFlow", "from_tf"},
    {"tf_model.h5.index.json", "TensorFlow", "from_tf"},
    {"flax_model.msgpack", "Flax", "from_flax"},
    {"flax_model.msgpack.index.json", "Flax", "from_flax"},
}};

class Safetensors final : public CheckpointReader {
 public:
  explicit Safetensors(std::unique_ptr<ByteSource> file) : file_(std::move(file)) {
    SafetensorsHeader header = read_safetensors_header(*file_);
    tensors_ = std::move(header.tensors);
    framework_ = header.metadata["format"];
  }

  std::span<const TensorInfo> tensors() const override { return tensors_; }

  void read(std::size_t index, std::span<std::byte> out) const override {
    file_->read(tensors_.at(index).begin, out);
  }

  std::string_view framework() const override { return framework_; }

 private:
  std::unique_ptr<ByteSource> file_;
  std::vector<TensorInfo> tensors_;
  std::string framework_;
};

/// The tensors of several files as those of one.
class Shards final : public CheckpointReader {
 public:
  explicit Shards(std::vector<std::unique_ptr<CheckpointReader>> files) : files_(std::move(files)) {
    std::set<std::string_view> names;
    for (const auto& file : files_) {
      first_of_.push_back(tensors_.size());
      const auto tensors = file->tensors();
      tensors_.insert(tensors_.end(), tensors.begin(), tensors.end());
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
    const auto file = std::ranges::upper_bound(first_of_, index) - 1;
    files_[static_cast<std::size_t>(file - first_of_.begin())]->read(index - *file, out);
  }

  std::string_view framework() const override { return files_.front()->framework(); }

 private:
  std::vector<std::unique_ptr<CheckpointReader>> files_;
  std::vector<std::size_t> first_of_;  // index of the first tensor by file
  std::vector<TensorInfo> tensors_;
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

std::unique_ptr<CheckpointReader> open_safetensors(std::unique_ptr<ByteSource> file) {
  return std::make_unique<Safetensors>(std::move(file));
}

std::unique_ptr<CheckpointReader> open_shards(const FileSet& files, const ByteSource& index,
                                              OpenWeights open) {
  const std::string text = read_text(index);
  std::vector<std::unique_ptr<CheckpointReader>> shards;
  for (const std::string& shard : shard_names(text, index.name()))
    shards.push_back(open(files.require(shard)));
  auto reader = std::make_unique<Shards>(std::move(shards));
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

std::unique_ptr<CheckpointReader> open_checkpoint(const FileSet& files) {
  for (const Format& format : kFormats) {
    if (auto weights = files.open(format.weights)) return format.open(std::move(weights));
    if (const auto index = files.open(format.index)) return open_shards(files, *index, format.open);
  }
  for (const OtherFormat& format : kOtherFormats) {
    if (files.contains(format.weights)) {
      throw Error(
          ErrorCode::kUnsupported,
          concat("\"", files.name(), "\" holds weights of ", format.framework, " (", format.weights,
                 "). Use ", format.option, " to load them, or convert them with verdict-convert."));
    }
  }
  throw Error(ErrorCode::kNotFound,
              concat("\"", files.name(), "\" has no weights: expected ", kFormats[0].weights, ", ",
                     kFormats[1].weights, " or the index of one."));
}

}  // namespace verdict
