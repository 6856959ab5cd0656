#include "verdict_convert/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "verdict/auto/model_loader.h"
#include "verdict/auto/quantize.h"
#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/models/registry.h"
#include "verdict/tokenizers/tokenizer_files.h"
#include "verdict_convert/input.h"
#include "verdict_convert/output_folder.h"
#include "verdict_convert/tensor_output.h"

namespace verdict::convert {

namespace {

constexpr std::array<std::string_view, 6> kSkipReasons{
    "optimizer", "counter", "pre_training_head", "unrepresentable", "unused", "unknown"};

const ModelType* known_type(std::string_view name) {
  const auto type = std::ranges::find(model_types(), name, &ModelType::name);
  return type == model_types().end() ? nullptr : &*type;
}

/// The type that a tensor has in the result.
DType output_dtype(DType stored, const ConvertOptions& options) {
  if (!is_floating_point(stored)) return stored;
  if (options.quantize) return DType::kF32;
  if (options.dtype) return *options.dtype;
  return stored == DType::kF64 && !options.tensors_only ? DType::kF32 : stored;
}

/// Every tensor under its own name.
NameMap map_as_stored(std::span<const TensorInfo> tensors) {
  NameMap map;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    map.mapped.push_back({tensors[i].name, i, 0, {}, {}, tensors[i].shape});
  return map;
}

/// Compares what the input has with what the model wants; what it does not want is skipped.
void match_parameters(const PretrainedConfig& config, NameMap& map,
                      std::span<const TensorInfo> stored, ConvertReport& report) {
  const ModelType* type = known_type(config.model_type());
  if (type == nullptr) return;
  report.model_class = type->class_name();
  std::map<std::string_view, const MappedTensor*> mapped;
  for (const MappedTensor& tensor : map.mapped) mapped.emplace(tensor.name, &tensor);
  const std::vector<ExpectedParameter> expected = expected_parameters(config);
  const std::string prefix = concat(type->family->base_model_prefix, ".");
  std::set<std::string_view> wanted;
  for (const ExpectedParameter& parameter : expected) {
    wanted.insert(parameter.name);
    const auto found = mapped.find(parameter.name);
    if (found == mapped.end()) {
      if (parameter.is_computed) continue;
      const bool is_base = starts_with(parameter.name, prefix);
      (is_base ? report.missing_base : report.missing).push_back(parameter.name);
    } else if (found->second->shape != parameter.shape) {
      report.mismatched.push_back({parameter.name, found->second->shape, parameter.shape});
    }
  }
  std::set<std::size_t> used;
  std::vector<std::size_t> unwanted;
  for (const MappedTensor& tensor : map.mapped) {
    if (wanted.contains(tensor.name)) {
      used.insert(tensor.stored);
      if (!is_floating_point(stored[tensor.stored].dtype)) {
        throw Error(ErrorCode::kUnsupported,
                    concat("The weight \"", stored[tensor.stored].name, "\" is stored as ",
                           dtype_name(stored[tensor.stored].dtype),
                           "; F16, BF16, F32 or F64 was expected. Convert the model without "
                           "quantisation; --quantize q8 quantises it."));
      }
    } else {
      unwanted.push_back(tensor.stored);
    }
  }
  for (const std::size_t index : unwanted) {
    if (used.insert(index).second) map.skipped.push_back({index, SkipReason::kUnknown});
  }
  std::erase_if(map.mapped,
                [&](const MappedTensor& tensor) { return !wanted.contains(tensor.name); });
}

void check_fit(const ConvertReport& report) {
  if (!report.missing_base.empty()) {
    throw Error(ErrorCode::kNotFound,
                concat("\"", report.input,
                       "\" lacks parameters of the base model: ", quoted_list(report.missing_base),
                       ". It belongs to another config, or is incomplete; --dry-run shows what its "
                       "tensors become, and --tensors-only converts what there is."));
  }
  if (!report.mismatched.empty()) {
    const MismatchedKey& key = report.mismatched.front();
    throw Error(ErrorCode::kInvalidArgument,
                concat("\"", report.input, "\": the parameter \"", key.name, "\" has the shape ",
                       shape_string(key.checkpoint_shape), ", but the config asks for ",
                       shape_string(key.model_shape),
                       report.mismatched.size() > 1
                           ? concat(" (and ", report.mismatched.size() - 1, " more)")
                           : std::string(),
                       ". Correct the config, or give the number of labels (--num-labels)."));
  }
}

/// Tensors by the file that they go to, as the reference cuts them.
std::vector<std::vector<TensorOutput>> cut_into_shards(std::vector<TensorOutput> tensors,
                                                       std::uint64_t most) {
  std::vector<std::vector<TensorOutput>> shards(1);
  std::uint64_t size = 0;
  for (TensorOutput& tensor : tensors) {
    const std::uint64_t bytes = tensor.info().byte_size();
    if (!shards.back().empty() && (bytes > most || size > most - bytes)) {
      shards.emplace_back();
      size = 0;
    }
    size += bytes;
    shards.back().push_back(std::move(tensor));
  }
  return shards;
}

std::string shard_name(std::size_t shard, std::size_t count) {
  if (count == 1) return "model.safetensors";
  char name[64];
  std::snprintf(name, sizeof(name), "model-%05zu-of-%05zu.safetensors", shard + 1, count);
  return name;
}

std::string_view torch_dtype(DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return "float16";
    case DType::kBF16:
      return "bfloat16";
    case DType::kF64:
      return "float64";
    default:
      return "float32";
  }
}

std::string config_text(const PretrainedConfig& config, const ConvertReport& report,
                        bool quantized) {
  nlohmann::json json = config.to_json();
  if (!report.model_class.empty()) json["architectures"] = {report.model_class};
  if (quantized) json["quantization_config"] = quantization_config();
  if (!report.mapped.empty()) {
    const bool is_new_spelling = json.contains("dtype") && !json.contains("torch_dtype");
    json[is_new_spelling ? "dtype" : "torch_dtype"] =
        torch_dtype(quantized ? DType::kF32 : report.mapped.front().dtype);
  }
  return to_text(json, 2) + "\n";
}

class Conversion {
 public:
  Conversion(const std::string& input, const ConvertOptions& options)
      : options_(options), found_(find_input(input)) {
    StoredCheckpoint stored =
        below_prefix(open_stored(*found_.weights, found_.file), options.prefix);
    report_.input = concat(found_.weights->name(), "/", found_.file);
    report_.kind = checkpoint_kind_name(stored.kind);
    NameMap map;
    if (options.tensors_only) {
      map = map_as_stored(stored.reader->tensors());
    } else {
      config_ =
          read_model_config(*found_.model, options.config, options.model_type, options.num_labels);
      report_.model_type = config_->model_type();
      map = map_names(stored, *config_);
      match_parameters(*config_, map, stored.reader->tensors(), report_);
    }
    if (options.quantize && report_.model_class.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  "Only a model of a type that Verdict runs can be quantised; which weights are is "
                  "the model's business.");
    }
    describe(stored.reader->tensors(), map);
    reader_ = mapped_checkpoint(std::move(stored.reader), std::move(map));
    if (options.quantize && report_.fits()) note_quantized();
  }

  ConvertReport& report() { return report_; }

  void write(const std::string& path) {
    OutputFolder folder(path);
    write_tensors(folder);
    if (config_) {
      folder.write_text("config.json", config_text(*config_, report_, options_.quantize));
      for (const std::string_view name : kTokenizerFiles) {
        if (const auto file = found_.model->open(std::string(name)))
          folder.copy(*file, std::string(name));
      }
    }
    if (options_.verify) verify(folder);
    report_.files = folder.names();
    folder.commit();
  }

 private:
  void describe(std::span<const TensorInfo> stored, const NameMap& map) {
    for (const MappedTensor& tensor : map.mapped) {
      const TensorInfo& source = stored[tensor.stored];
      report_.mapped.push_back({tensor.name, source.name, output_dtype(source.dtype, options_),
                                source.dtype, tensor.shape, source.shape});
    }
    for (const SkippedTensor& tensor : map.skipped)
      report_.skipped[tensor.reason].push_back(stored[tensor.stored].name);
  }

  void note_quantized() {
    std::set<std::string> quantized;
    for (const TensorOutput& tensor : outputs()) {
      if (tensor.info().dtype == DType::kI8) quantized.insert(tensor.info().name);
    }
    for (ConvertedTensor& tensor : report_.mapped) {
      if (quantized.contains(tensor.name)) tensor.dtype = DType::kI8;
    }
  }

  std::vector<TensorOutput> outputs() const {
    std::vector<TensorOutput> out;
    if (options_.quantize) {
      for (TensorWriter& writer : quantized_tensors(*config_, *reader_))
        out.emplace_back(std::move(writer));
      return out;
    }
    for (std::size_t i = 0; i < report_.mapped.size(); ++i)
      out.emplace_back(*reader_, i, report_.mapped[i].dtype);
    return out;
  }

  void write_tensors(OutputFolder& folder) {
    const auto shards = cut_into_shards(outputs(), options_.max_shard_size);
    for (const auto& shard : shards) {
      for (const TensorOutput& tensor : shard) report_.bytes += tensor.info().byte_size();
    }
    progress_.total = options_.verify ? 2 * report_.bytes : report_.bytes;
    nlohmann::json weight_map = nlohmann::json::object();
    for (std::size_t shard = 0; shard < shards.size(); ++shard) {
      const std::string name = shard_name(shard, shards.size());
      std::vector<TensorInfo> infos;
      for (const TensorOutput& tensor : shards[shard]) {
        infos.push_back(tensor.info());
        weight_map[tensor.info().name] = name;
      }
      const std::string header = make_safetensors_header(infos);
      FileWriter& file = folder.create(name);
      file.write(std::as_bytes(std::span(header)));
      for (const TensorOutput& tensor : shards[shard]) {
        tensor.write(file, room_);
        advance(tensor);
      }
      folder.finish(name);
    }
    if (shards.size() == 1) return;
    const nlohmann::json index{{"metadata", {{"total_size", report_.bytes}}},
                               {"weight_map", std::move(weight_map)}};
    folder.write_text("model.safetensors.index.json", to_text(index, 2) + "\n");
  }

  void verify(const OutputFolder& folder) {
    const auto result = open_checkpoint(*open_folder(folder.path()));
    std::map<std::string_view, std::size_t> by_name;
    for (std::size_t i = 0; i < result->tensors().size(); ++i)
      by_name.emplace(result->tensors()[i].name, i);
    TensorRoom written;
    for (const TensorOutput& tensor : outputs()) {
      const auto found = by_name.find(tensor.info().name);
      if (found == by_name.end() || result->tensors()[found->second].dtype != tensor.info().dtype ||
          result->tensors()[found->second].shape != tensor.info().shape) {
        throw Error(ErrorCode::kInternal, concat("The tensor \"", tensor.info().name,
                                                 "\" was not written with its type and shape."));
      }
      tensor.compare(written.read(*result, found->second), room_);
      advance(tensor);
    }
    report_.verified = true;
  }

  void advance(const TensorOutput& tensor) {
    progress_.done += tensor.info().byte_size();
    if (options_.progress) options_.progress(progress_);
  }

  const ConvertOptions& options_;
  InputFiles found_;
  std::optional<PretrainedConfig> config_;
  std::unique_ptr<CheckpointReader> reader_;
  ConvertReport report_;
  ConvertProgress progress_;
  TensorRoom room_;
};

nlohmann::json name_or_null(const std::string& name) {
  return name.empty() ? nlohmann::json() : nlohmann::json(name);
}

nlohmann::json shape_pair(const MismatchedKey& key) {
  return {{"name", key.name}, {"stored", key.checkpoint_shape}, {"expected", key.model_shape}};
}

std::string megabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

}  // namespace

std::string_view skip_reason_name(SkipReason reason) {
  return kSkipReasons[static_cast<std::size_t>(reason)];
}

nlohmann::json ConvertReport::to_json() const {
  nlohmann::json out{{"input", input},
                     {"kind", kind},
                     {"model_type", name_or_null(model_type)},
                     {"class", name_or_null(model_class)},
                     {"mapped", nlohmann::json::array()},
                     {"skipped", nlohmann::json::object()},
                     {"missing", missing},
                     {"missing_base", missing_base},
                     {"mismatched", nlohmann::json::array()},
                     {"files", files},
                     {"bytes", bytes},
                     {"verified", verified}};
  for (const ConvertedTensor& tensor : mapped) {
    out["mapped"].push_back({{"name", tensor.name},
                             {"from", tensor.from},
                             {"dtype", dtype_name(tensor.dtype)},
                             {"shape", tensor.shape},
                             {"stored_dtype", dtype_name(tensor.stored_dtype)},
                             {"stored_shape", tensor.stored_shape}});
  }
  for (const auto& [reason, names] : skipped) {
    out["skipped"][std::string(skip_reason_name(reason))] = {{"count", names.size()},
                                                             {"tensors", names}};
  }
  for (const MismatchedKey& key : mismatched) out["mismatched"].push_back(shape_pair(key));
  return out;
}

std::string ConvertReport::mapping() const {
  std::string out;
  for (const ConvertedTensor& tensor : mapped) {
    out += concat(tensor.from, "\t", tensor.name, "\t", dtype_name(tensor.dtype), " ",
                  shape_string(tensor.shape), "\n");
  }
  for (const auto& [reason, names] : skipped) {
    for (const std::string& name : names)
      out += concat(name, "\tskipped\t", skip_reason_name(reason), "\n");
  }
  for (const auto* names : {&missing_base, &missing}) {
    for (const std::string& name : *names)
      out += concat("\t", name, "\tmissing", names == &missing ? "" : " (base model)", "\n");
  }
  for (const MismatchedKey& key : mismatched) {
    out += concat("\t", key.name, "\tmismatched: ", shape_string(key.checkpoint_shape), ", not ",
                  shape_string(key.model_shape), "\n");
  }
  return out;
}

std::string ConvertReport::summary() const {
  std::string out =
      concat("\"", input, "\" (", kind, "): ", mapped.size(),
             model_type.empty() ? " tensors" : " parameters",
             model_type.empty() ? std::string() : concat(" of the model type ", model_type));
  if (!files.empty()) out += concat(", ", megabytes(bytes), verified ? ", verified" : "");
  out += ".\n";
  std::string list;
  for (const auto& [reason, names] : skipped) {
    std::string words(skip_reason_name(reason));
    std::ranges::replace(words, '_', ' ');
    list += concat(list.empty() ? "" : ", ", names.size(), " ", words);
  }
  if (!list.empty()) out += concat("Skipped: ", list, ".\n");
  if (const auto lost = skipped.find(SkipReason::kUnrepresentable); lost != skipped.end()) {
    out += concat("The model's class cannot hold this head of the original: ",
                  quoted_list(lost->second), ".\n");
  }
  if (!missing.empty()) {
    out += concat("Not in the input, and initialised afresh when the model is loaded: ",
                  quoted_list(missing), ".\n");
  }
  return out;
}

ConvertReport convert(const std::string& input, const std::string& output,
                      const ConvertOptions& options) {
  if (!options.dry_run) OutputFolder::check(output);
  Conversion conversion(input, options);
  if (options.dry_run) return std::move(conversion.report());
  check_fit(conversion.report());
  conversion.write(output);
  return std::move(conversion.report());
}

}  // namespace verdict::convert
