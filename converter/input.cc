#include "verdict_convert/input.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "verdict/auto/model_loader.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/pytorch.h"
#include "verdict/models/registry.h"
#include "verdict_convert/formats/flax_msgpack.h"
#include "verdict_convert/formats/keras_h5.h"
#include "verdict_convert/formats/numpy_parameters.h"
#include "verdict_convert/formats/tensor_bundle.h"
#include "verdict_convert/names/names.h"
#include "verdict_convert/original_config.h"

namespace verdict::convert {

namespace {

using Sources = std::vector<std::unique_ptr<ByteSource>>;

constexpr std::array<std::string_view, 8> kKindNames{"safetensors", "tensorflow-safetensors",
                                                     "pytorch",     "tensorflow1",
                                                     "tensorflow2", "keras",
                                                     "flax",        "numpy"};

/// Of a folder, in the reference's order of preference; then the other indices that it knows.
constexpr auto kWeightFiles = std::to_array<std::string_view>({
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "model.ckpt.index",
    "tf_model.h5",
    "tf_model.h5.index.json",
    "flax_model.msgpack",
    "flax_model.msgpack.index.json",
});

/// A SavedModel's weights, in its own folder or in the one that `save_pretrained` makes for it.
constexpr auto kSavedModels = std::to_array<std::string_view>(
    {"variables/variables.index", "saved_model/1/variables/variables.index"});

constexpr std::string_view kNumpyFile = "params_0.npy";

/// How a file begins, or what it must begin with.
enum class Content { kHdf5, kZip, kPickle, kBundle, kSafetensors, kJson, kNumpy, kMsgpack, kOther };

std::string bytes_at(const ByteSource& source, std::uint64_t offset, std::size_t count) {
  if (offset >= source.size()) return {};
  std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(count, source.size() - offset)),
                  '\0');
  source.read(offset, std::as_writable_bytes(std::span(out)));
  return out;
}

bool is_hdf5(const ByteSource& source) {
  // Behind a user block, whose size is a power of two.
  constexpr std::string_view kMagic = "\x89HDF\r\n\x1a\n";
  if (bytes_at(source, 0, kMagic.size()) == kMagic) return true;
  for (std::uint64_t at = 512; at < source.size(); at *= 2) {
    if (bytes_at(source, at, kMagic.size()) == kMagic) return true;
    if (at > UINT64_MAX / 2) break;
  }
  return false;
}

bool is_bundle(const ByteSource& source) {
  constexpr std::string_view kMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
  return source.size() >= kMagic.size() &&
         bytes_at(source, source.size() - kMagic.size(), kMagic.size()) == kMagic;
}

Content content_of(const ByteSource& source) {
  const std::string start = bytes_at(source, 0, 16);
  const auto first = static_cast<unsigned char>(start.empty() ? '\0' : start[0]);
  const auto second = static_cast<unsigned char>(start.size() < 2 ? '\0' : start[1]);
  if (starts_with(start, "PK\x03\x04")) return Content::kZip;
  if (starts_with(start, "\x93NUMPY")) return Content::kNumpy;
  if (start.size() > 8 && start[8] == '{' && second != '"') return Content::kSafetensors;
  if (first == 0x80 && second >= 1 && second <= 5) return Content::kPickle;
  if (is_bundle(source)) return Content::kBundle;
  if (is_hdf5(source)) return Content::kHdf5;
  const std::size_t text = start.find_first_not_of(" \t\r\n");
  if (text != std::string::npos && start[text] == '{') return Content::kJson;
  const bool is_map = (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf;
  return is_map ? Content::kMsgpack : Content::kOther;
}

[[noreturn]] void unknown_content(const ByteSource& source) {
  throw Error(ErrorCode::kUnsupported,
              concat("\"", source.name(), "\" (", source.size(),
                     " bytes) is no file of weights that can be read: expected safetensors, a "
                     "PyTorch .bin, the .index of a TensorFlow checkpoint, a Keras .h5, a Flax "
                     ".msgpack, the .index.json of one of these, or params_0.npy."));
}

/// By the name that the reference gives it: damaged files get their own reader's error.
Content named_content(std::string_view file, const ByteSource& source) {
  if (ends_with(file, ".safetensors")) return Content::kSafetensors;
  if (ends_with(file, ".json")) return Content::kJson;
  if (ends_with(file, ".h5")) return Content::kHdf5;
  if (ends_with(file, ".msgpack")) return Content::kMsgpack;
  if (ends_with(file, ".index")) return Content::kBundle;
  if (ends_with(file, ".bin")) return Content::kPickle;
  unknown_content(source);
}

/// The files of a checkpoint: one, or the shards that `index` names.
StoredCheckpoint open_sources(Content content, Sources sources, const FileSet& files,
                              const ByteSource* index) {
  StoredCheckpoint out;
  const auto open = [&](OpenWeights open_file) {
    return index == nullptr ? open_file(std::move(sources.front()))
                            : open_shards(files, *index, open_file);
  };
  switch (content) {
    case Content::kSafetensors:
      out.reader = open(open_safetensors);
      if (out.reader->framework() == "tf") out.kind = CheckpointKind::kTensorFlowSafetensors;
      return out;
    case Content::kZip:
    case Content::kPickle:
      out.kind = CheckpointKind::kPyTorch;
      out.reader = open(open_pytorch);
      return out;
    case Content::kHdf5: {
      KerasWeights weights = open_keras_h5(std::move(sources));
      out.kind = CheckpointKind::kKeras;
      out.reader = std::move(weights.reader);
      out.class_level = weights.class_level;
      return out;
    }
    case Content::kMsgpack:
      out.kind = CheckpointKind::kFlax;
      out.reader = open_flax_msgpack(std::move(sources));
      return out;
    default:
      unknown_content(*sources.front());
  }
}

Content known_content(std::string_view file, const ByteSource& source) {
  const Content content = content_of(source);
  return content == Content::kOther ? named_content(file, source) : content;
}

/// A reader of some tensors of another under other names.
class Renamed final : public CheckpointReader {
 public:
  Renamed(std::unique_ptr<CheckpointReader> reader, const std::vector<std::size_t>& kept,
          std::size_t prefix)
      : reader_(std::move(reader)), kept_(kept) {
    for (const std::size_t index : kept_) {
      infos_.push_back(reader_->tensors()[index]);
      infos_.back().name.erase(0, prefix);
    }
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }
  void read(std::size_t index, std::span<std::byte> out) const override {
    reader_->read(kept_.at(index), out);
  }
  std::string_view framework() const override { return reader_->framework(); }

 private:
  std::unique_ptr<CheckpointReader> reader_;
  std::vector<std::size_t> kept_;
  std::vector<TensorInfo> infos_;
};

/// The one of these files that the text file "checkpoint" names as the newest.
std::optional<std::string> newest_index(const std::string& folder,
                                        const std::vector<std::string>& indices) {
  const auto file = open_folder(folder)->open("checkpoint");
  constexpr std::uint64_t kMostBytes = 1 << 20;
  if (!file || file->size() > kMostBytes) return std::nullopt;
  const std::string text = read_text(*file);
  constexpr std::string_view kField = "model_checkpoint_path:";
  std::size_t at = text.find(kField);
  // The list of all paths has a longer name.
  while (at != std::string::npos && at > 0 && text[at - 1] != '\n') at = text.find(kField, at + 1);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = text.find('"', at);
  const std::size_t end = begin == std::string::npos ? begin : text.find('"', begin + 1);
  if (end == std::string::npos) return std::nullopt;
  const std::string path = text.substr(begin + 1, end - begin - 1);
  const std::string name = concat(path.substr(path.find_last_of("/\\") + 1), ".index");
  return std::ranges::find(indices, name) == indices.end() ? std::nullopt : std::optional(name);
}

std::vector<std::string> names_ending(const std::string& folder, std::string_view ending) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (ends_with(name, ending) && entry->is_regular_file(ignored))
      names.push_back(std::move(name));
  }
  if (error) {
    throw Error(ErrorCode::kIo,
                concat("The folder \"", folder, "\" cannot be read: ", error.message(), "."));
  }
  std::ranges::sort(names);
  return names;
}

std::optional<std::string> find_index(const std::string& folder) {
  const std::vector<std::string> indices = names_ending(folder, ".index");
  if (indices.empty()) return std::nullopt;
  if (indices.size() == 1) return indices.front();
  if (auto newest = newest_index(folder, indices)) return newest;
  throw Error(ErrorCode::kInvalidArgument,
              concat("\"", folder, "\" holds ", indices.size(), " checkpoints: ",
                     quoted_list(indices), ". Name one of these files instead of the folder."));
}

/// The folder of the config, for weights in this one.
std::string model_folder(const std::filesystem::path& weights) {
  // The variables of a SavedModel lie below it, and it may lie below the model's folder.
  std::error_code ignored;
  std::filesystem::path folder = std::filesystem::absolute(weights, ignored).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  if (folder.filename() != "variables") return weights.string();
  folder = folder.parent_path();
  const bool is_below = folder.parent_path().filename() == "saved_model";
  return (is_below ? folder.parent_path().parent_path() : folder).string();
}

InputFiles files_at(const std::string& folder, const std::string& file) {
  return {open_folder(folder), file, open_folder(model_folder(folder))};
}

InputFiles find_in_folder(const std::string& folder) {
  const auto files = open_folder(folder);
  for (const std::string_view name : kWeightFiles) {
    if (files->contains(std::string(name))) return files_at(folder, std::string(name));
  }
  if (const auto index = find_index(folder)) return files_at(folder, *index);
  for (const std::string_view name : kSavedModels) {
    if (!files->contains(std::string(name))) continue;
    const std::size_t slash = name.rfind('/');
    return {open_folder(concat(folder, "/", name.substr(0, slash))),
            std::string(name.substr(slash + 1)), open_folder(folder)};
  }
  if (files->contains(std::string(kNumpyFile))) return files_at(folder, std::string(kNumpyFile));
  throw Error(ErrorCode::kNotFound,
              concat("\"", folder, "\" has no weights: expected one of ",
                     quoted_list(kWeightFiles, kWeightFiles.size()), ", a TensorFlow checkpoint (",
                     "*.index), ", kSavedModels[0], " or ", kNumpyFile, "."));
}

}  // namespace

std::string_view checkpoint_kind_name(CheckpointKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

StoredCheckpoint open_stored(const FileSet& files, const std::string& file) {
  auto source = files.require(file);
  const Content content = known_content(file, *source);
  if (content == Content::kNumpy) {
    return {CheckpointKind::kNumpy, open_numpy_parameters(files), {}, false};
  }
  if (content == Content::kBundle) {
    TensorBundle bundle = open_tensor_bundle(files, file);
    return {bundle.object_based ? CheckpointKind::kTensorFlow2 : CheckpointKind::kTensorFlow1,
            std::move(bundle.reader), std::move(bundle.full_names), false};
  }
  Sources sources;
  if (content != Content::kJson) {
    sources.push_back(std::move(source));
    return open_sources(content, std::move(sources), files, nullptr);
  }
  const std::vector<std::string> shards = shard_names(read_text(*source), source->name());
  for (const std::string& shard : shards) sources.push_back(files.require(shard));
  const Content shard_content = known_content(shards.front(), *sources.front());
  return open_sources(shard_content, std::move(sources), files, source.get());
}

StoredCheckpoint below_prefix(StoredCheckpoint checkpoint, const std::string& prefix) {
  if (prefix.empty()) return checkpoint;
  std::vector<std::size_t> kept;
  std::vector<std::string> full_names;
  const auto tensors = checkpoint.reader->tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!starts_with(tensors[i].name, prefix)) continue;
    kept.push_back(i);
    if (i < checkpoint.full_names.size()) full_names.push_back(checkpoint.full_names[i]);
  }
  if (kept.empty()) {
    throw Error(ErrorCode::kNotFound,
                concat("No tensor's name begins with the prefix \"", prefix, "\"; the first is \"",
                       tensors.empty() ? std::string() : tensors.front().name, "\"."));
  }
  checkpoint.reader = std::make_unique<Renamed>(std::move(checkpoint.reader), kept, prefix.size());
  checkpoint.full_names = std::move(full_names);
  return checkpoint;
}

NameMap map_names(const StoredCheckpoint& checkpoint, const PretrainedConfig& config) {
  const bool is_known = std::ranges::find(model_types(), config.model_type(), &ModelType::name) !=
                        model_types().end();
  std::vector<ExpectedParameter> expected;
  if (is_known) expected = expected_parameters(config);
  const Naming naming{config, expected};
  const auto tensors = checkpoint.reader->tensors();
  std::vector<std::string> names;
  for (const TensorInfo& tensor : tensors) names.push_back(tensor.name);
  NameMap map;
  switch (checkpoint.kind) {
    case CheckpointKind::kSafetensors:
    case CheckpointKind::kPyTorch:
      map = map_pytorch(tensors, naming);
      break;
    case CheckpointKind::kTensorFlowSafetensors:
      map = map_keras(names, tensors, false, naming);
      break;
    case CheckpointKind::kKeras:
      map = map_keras(names, tensors, checkpoint.class_level, naming);
      break;
    case CheckpointKind::kTensorFlow1:
    case CheckpointKind::kNumpy:
      map = map_tensorflow1(tensors, naming);
      break;
    case CheckpointKind::kTensorFlow2:
      map = map_tensorflow2(tensors, checkpoint.full_names, naming);
      break;
    case CheckpointKind::kFlax:
      map = map_flax(tensors, naming);
      break;
  }
  std::ranges::stable_sort(map.mapped, {}, &MappedTensor::stored);
  return map;
}

InputFiles find_input(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return find_in_folder(path);
  std::string found = path;
  // TensorFlow names a checkpoint by the prefix of its files.
  if (!std::filesystem::exists(found, ignored)) found += ".index";
  if (!std::filesystem::exists(found, ignored)) {
    throw Error(ErrorCode::kNotFound,
                concat("There is no file or folder \"", path, "\", and no \"", found, "\"."));
  }
  const std::filesystem::path file(found);
  const std::string folder = file.parent_path().string();
  const std::string name = file.filename().string();
  if (const std::size_t data = name.find(".data-"); data != std::string::npos) {
    const std::string index = name.substr(0, data) + ".index";
    if (open_folder(folder.empty() ? "." : folder)->contains(index))
      return files_at(folder.empty() ? "." : folder, index);
  }
  return files_at(folder.empty() ? "." : folder, name);
}

PretrainedConfig read_model_config(const FileSet& files, const std::string& config,
                                   const std::string& model_type,
                                   std::optional<std::int64_t> num_labels) {
  nlohmann::json kwargs = nlohmann::json::object();
  if (num_labels) kwargs["num_labels"] = *num_labels;
  const auto file = config.empty() ? files.open("config.json") : open_file(config);
  if (file) {
    const nlohmann::json json =
        canonical_config(parse_json(read_text(*file), file->name()), file->name(), model_type);
    return PretrainedConfig::from_json(json, file->name(), kwargs, files.name());
  }
  if (const auto original = read_original_config(files, model_type))
    return PretrainedConfig::from_json(original->config, original->file, kwargs, files.name());
  throw Error(ErrorCode::kNotFound,
              concat("\"", files.name(),
                     "\" has no config.json and no config of an original code base. Name one with "
                     "--config, or convert the tensors alone with --tensors-only."));
}

}  // namespace verdict::convert
