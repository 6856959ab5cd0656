#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/checkpoints.h"
#include "support/models.h"
#include "verdict_convert/formats/flax_msgpack.h"
#include "verdict_convert/formats/keras_h5.h"
#include "verdict_convert/names/names.h"

// The folders of Keras and Flax checkpoints.
namespace verdict::testing {

/// `file` of a folder, or the shards of "<file>.index.json".
inline std::vector<std::unique_ptr<ByteSource>> checkpoint_files(const std::string& folder,
                                                                 const std::string& file) {
  const auto files = open_folder(folder);
  std::vector<std::unique_ptr<ByteSource>> out;
  if (auto single = files->open(file)) {
    out.push_back(std::move(single));
    return out;
  }
  const std::string index = file + ".index.json";
  for (const std::string& shard : shard_names(read_text(*files->require(index)), index))
    out.push_back(files->require(shard));
  return out;
}

inline convert::KerasWeights open_keras_folder(const std::string& folder) {
  return convert::open_keras_h5(checkpoint_files(folder, "tf_model.h5"));
}

/// A file of a manifest: one that lies beside it, or one that the manifest holds as the bytes by
/// which it differs from another (see tests/fixtures/hdf5/sparse.py).
inline std::unique_ptr<ByteSource> manifest_file(const std::string& folder,
                                                 const nlohmann::json& files,
                                                 const nlohmann::json& entry) {
  const std::string path = concat(folder, "/", entry.at("file").get<std::string>());
  if (!entry.contains("changes")) return open_file(path);
  std::vector<std::byte> bytes(entry.at("size").get<std::size_t>());
  const auto apply = [&](const nlohmann::json& changes) {
    for (const auto& change : changes) {
      auto at = change.at(0).get<std::size_t>();
      const auto hex = change.at(1).get<std::string>();
      for (std::size_t i = 0; i < hex.size() && at < bytes.size(); i += 2, ++at)
        bytes[at] = static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
  };
  for (const auto& base : files) {
    if (entry.contains("base") && base.at("file") == entry.at("base")) apply(base.at("changes"));
  }
  apply(entry.at("changes"));
  return memory_source(std::move(bytes), path);
}

/// All tensors of a checkpoint.
inline Tensors read_all(const CheckpointReader& reader) {
  Tensors out;
  for (std::size_t i = 0; i < reader.tensors().size(); ++i) {
    const TensorInfo& info = reader.tensors()[i];
    Tensor tensor(info.dtype, info.shape);
    reader.read(i, tensor.bytes());
    out.emplace(info.name, std::move(tensor));
  }
  return out;
}

/// What a mapped checkpoint must be, whether Verdict runs its type or not.
inline void expect_checkpoint(const CheckpointFolder& folder,
                              std::unique_ptr<CheckpointReader> stored, convert::NameMap map) {
  const auto mapped = convert::mapped_checkpoint(std::move(stored), std::move(map));
  if (folder.is_registered()) {
    const auto model = load_checkpoint(folder.config, *mapped);
    EXPECT_TRUE(model->load_report().unexpected_keys.empty())
        << quoted_list(model->load_report().unexpected_keys);
    expect_answers(folder, *model);
    return;
  }
  // The source model, which has a head.
  const std::string source = model_path(folder.type) + "/model.safetensors";
  std::map<std::string, std::vector<std::int64_t>> actual;
  for (const TensorInfo& info : mapped->tensors()) actual.emplace(info.name, info.shape);
  EXPECT_EQ(actual.size(), mapped->tensors().size());
  read_all(*mapped);
  if (!std::filesystem::exists(source)) return;
  std::map<std::string, std::vector<std::int64_t>> expected;
  for (const TensorInfo& info : read_safetensors_header(*open_file(source)).tensors)
    expected.emplace(info.name, info.shape);
  EXPECT_EQ(actual, expected);
}

inline std::vector<ExpectedParameter> expected_of(const CheckpointFolder& folder) {
  return folder.is_registered() ? expected_parameters(folder.config)
                                : std::vector<ExpectedParameter>();
}

inline std::vector<std::string> names_of(const CheckpointReader& reader) {
  std::vector<std::string> names;
  for (const TensorInfo& info : reader.tensors()) names.push_back(info.name);
  return names;
}

}  // namespace verdict::testing
