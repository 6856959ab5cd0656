// The JavaScript face of the library: text and small structures as JSON, tensors as views of
// memory. Every call that can fail gives {"value": …} or {"error": {"code": …, "message": …}},
// because a C++ exception is not an object that JavaScript could read. web/src/runtime/native.ts is
// its only user.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "verdict/auto/auto_model.h"
#include "verdict/auto/classes.h"
#include "verdict/auto/model_loader.h"
#include "verdict/auto/quantize.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/sha256.h"
#include "verdict/base/strings.h"
#include "verdict/base/unwritten_vector.h"
#include "verdict/base/utf8.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/checkpoint/pytorch.h"
#include "verdict/pipeline/text_classification.h"
#include "verdict/tokenizers/auto_tokenizer.h"

namespace verdict::bindings {
namespace {

using emscripten::val;
using nlohmann::json;

std::string failure(std::string_view code, std::string_view message) {
  return to_text({{"error", {{"code", code}, {"message", message}}}});
}

/// Runs `call` and wraps its JSON or its exception.
std::string guarded(const std::function<json()>& call) {
  try {
    return with_memory_errors("The call", [&] { return to_text({{"value", call()}}); });
  } catch (const Error& error) {
    return failure(error_code_name(error.code()), error.what());
  } catch (const std::exception& error) {
    return failure(error_code_name(ErrorCode::kInternal), error.what());
  }
}

json arguments(const std::string& text) { return parse_json(text, "arguments"); }

val view(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  return val(emscripten::typed_memory_view(bytes.size(), data));
}

/// Small files of a model by name.
class Files {
 public:
  void add(const std::string& name, const std::string& bytes) {
    const auto data = std::as_bytes(std::span(bytes));
    files_.emplace_back(name, std::vector(data.begin(), data.end()));
  }
  std::unique_ptr<FileSet> take(const std::string& name) {
    return memory_files(std::exchange(files_, {}), name);
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::byte>>> files_;
};

/// The hash of a download, chunk by chunk.
class Hasher {
 public:
  void update(const std::string& bytes) { hash_.update(std::as_bytes(std::span(bytes))); }
  std::string digest() { return hash_.digest(); }

 private:
  Sha256 hash_;
};

/// Tensors on their way in or out.
class Tensors {
 public:
  /// Room for a tensor; its bytes are then written through `data`.
  std::string add(const std::string& name, const std::string& dtype, const std::string& shape) {
    return guarded([&] {
      const auto type = dtype_from_name(dtype);
      if (!type) {
        throw Error(ErrorCode::kInvalidArgument,
                    concat("The tensor dtype \"", dtype, "\" is unknown."));
      }
      tensors_.emplace_back(name, Tensor(*type, arguments(shape)));
      return json();
    });
  }
  void push(std::string name, Tensor tensor) {
    tensors_.emplace_back(std::move(name), std::move(tensor));
  }
  std::size_t size() const { return tensors_.size(); }
  std::string info(std::size_t i) const {
    const auto& [name, tensor] = tensors_.at(i);
    return to_text(
        {{"name", name}, {"dtype", dtype_name(tensor.dtype())}, {"shape", tensor.shape()}});
  }
  /// A view that is valid until memory grows.
  val data(std::size_t i) const { return view(tensors_.at(i).second.bytes()); }

  ModelInputs take_inputs() {
    ModelInputs inputs;
    for (auto& [name, tensor] : tensors_) inputs.insert_or_assign(name, std::move(tensor));
    tensors_.clear();
    return inputs;
  }

 private:
  std::vector<std::pair<std::string, Tensor>> tensors_;
};

class Tokenizer {
 public:
  std::string load(Files& files, const std::string& name) {
    return guarded([&] {
      tokenizer_ = AutoTokenizer::from_pretrained(*files.take(name));
      const TokenizerSettings& settings = tokenizer_->settings();
      const auto side = [](Side s) { return s == Side::kRight ? "right" : "left"; };
      json special = json::object();
      for (const auto& [role, token] : settings.special_tokens) {
        const auto id = tokenizer_->token_to_id(token);
        special[role] = {token, id ? json(*id) : json()};
      }
      return json{{"tokenizer_class", settings.tokenizer_class},
                  {"vocab_size", tokenizer_->vocab_size()},
                  {"model_max_length",
                   settings.model_max_length ? json(*settings.model_max_length) : json()},
                  {"model_input_names", settings.model_input_names},
                  {"padding_side", side(settings.padding_side)},
                  {"truncation_side", side(settings.truncation_side)},
                  {"special_tokens", std::move(special)},
                  {"all_special_tokens", tokenizer_->all_special_tokens()}};
    });
  }

  /// Encodes texts that stand one after another; `options` has the `lengths` in UTF-16 units. With
  /// `pairs`, every second text is the pair of the one before. Gives the rows' numbers of tokens
  /// and the text of each row; `encoded` has the tokens.
  std::string encode(const std::string& texts, const std::string& options) {
    return guarded([&] {
      const json given = arguments(options);
      TokenizeOptions tokenize;
      tokenize.add_special_tokens = given.value("add_special_tokens", true);
      tokenize.split_special_tokens = given.value("split_special_tokens", false);
      tokenize.return_offsets_mapping = given.value("return_offsets_mapping", false);
      tokenize.return_overflowing_tokens = given.value("return_overflowing_tokens", false);
      tokenize.stride = given.value("stride", 0);
      tokenize.pad_to_multiple_of = given.value("pad_to_multiple_of", 0);
      if (given.value("offset_unit", "utf-16") == "utf-16")
        tokenize.offset_unit = OffsetUnit::kUtf16;
      if (given.contains("max_length"))
        tokenize.max_length = given["max_length"].get<std::int64_t>();
      if (given.contains("truncation")) {
        tokenize.truncation = truncation_strategy_from_name(given["truncation"].get<std::string>());
      }
      if (given.contains("padding")) {
        tokenize.padding = given["padding"] == "max_length" ? PaddingStrategy::kMaxLength
                                                            : PaddingStrategy::kLongest;
      }
      const bool pairs = given.value("pairs", false);
      const json& lengths = given.at("lengths");
      std::vector<TextInput> inputs;
      std::size_t at = 0;
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        inputs.push_back({take_text(texts, at, lengths[i]), std::nullopt});
        if (pairs) inputs.back().text_pair = take_text(texts, at, lengths.at(++i));
      }
      const BatchEncoding batch = (*tokenizer_)(inputs, tokenize);
      json sizes = json::array();
      encoded_.clear();
      for (const Encoding& row : batch.rows) sizes.push_back(row.size());
      for (const auto field : {&Encoding::ids, &Encoding::type_ids, &Encoding::attention_mask,
                               &Encoding::special_tokens_mask, &Encoding::word_ids}) {
        for (const Encoding& row : batch.rows) {
          const std::vector<std::int32_t>& values = row.*field;
          encoded_.insert(encoded_.end(), values.begin(), values.end());
        }
      }
      if (tokenize.return_offsets_mapping) {
        for (const Encoding& row : batch.rows) {
          for (const TextRange range : row.offsets) {
            encoded_.push_back(static_cast<std::int32_t>(range.first));
            encoded_.push_back(static_cast<std::int32_t>(range.last));
          }
        }
      }
      return json{{"sizes", std::move(sizes)}, {"samples", batch.overflow_to_sample_mapping}};
    });
  }

  /// The tokens of the last call of `encode`: input_ids of all rows, token_type_ids of all,
  /// attention_mask, special_tokens_mask, word_ids and, when asked for, pairs of offsets. A view
  /// that is valid until memory grows.
  val encoded() const {
    return val(emscripten::typed_memory_view(encoded_.size(), encoded_.data()));
  }

  std::string decode(const std::string& ids, bool skip_special_tokens) const {
    return guarded([&] {
      const std::vector<std::int32_t> list = arguments(ids);
      return json(tokenizer_->decode(list, skip_special_tokens));
    });
  }

  std::string tokens(const std::string& ids) const {
    return guarded([&] {
      json out = json::array();
      for (const json& id : arguments(ids)) out.push_back(tokenizer_->id_to_token(id));
      return out;
    });
  }

  /// null for a token that is unknown where there is no `unk_token`.
  std::string ids(const std::string& tokens) const {
    return guarded([&] {
      const std::vector<std::string> list = arguments(tokens);
      json out = json::array();
      for (const auto id : tokenizer_->convert_tokens_to_ids(list))
        out.push_back(id ? json(*id) : json());
      return out;
    });
  }

  static TextInput to_input(const json& input) {
    TextInput out{input.at(0), std::nullopt};
    if (!input.at(1).is_null()) out.text_pair = input[1];
    return out;
  }

  const std::shared_ptr<const PretrainedTokenizer>& get() const { return tokenizer_; }

 private:
  /// The text of so many UTF-16 units that begins at byte `at`, which is moved behind it.
  static std::string take_text(const std::string& texts, std::size_t& at, std::size_t length) {
    const std::size_t first = at;
    at += ascii_prefix(std::string_view(texts).substr(at, length));
    for (std::size_t units = at - first; units < length && at < texts.size();) {
      units += next_code_point(texts, at) < 0x10000 ? 1 : 2;
    }
    return texts.substr(first, at - first);
  }

  std::shared_ptr<const PretrainedTokenizer> tokenizer_;
  std::vector<std::int32_t> encoded_;
};

class Model {
 public:
  void set(std::unique_ptr<SequenceClassifier> model) { model_ = std::move(model); }
  const std::shared_ptr<SequenceClassifier>& get() const { return model_; }

  std::string info() const {
    return guarded([&] {
      const auto limit = max_length(model_->type(), model_->config());
      return json{{"class_name", model_->class_name()},
                  {"config", model_->config().to_json()},
                  {"dtype", compute_type_name(model_->dtype())},
                  {"backend", model_->backend().description()},
                  {"max_length", limit ? json(*limit) : json()},
                  {"arguments", model_->type().family->arguments},
                  {"load_report", model_->load_report().to_json()},
                  {"warning", model_->load_report().to_string()}};
    });
  }

  std::string forward(Tensors& inputs, const std::string& options, Tensors& outputs) {
    return guarded([&] {
      const json given = arguments(options);
      ForwardOptions forward_options;
      if (given.contains("output_hidden_states")) {
        forward_options.output_hidden_states = given["output_hidden_states"].get<bool>();
      }
      if (given.contains("output_attentions")) {
        forward_options.output_attentions = given["output_attentions"].get<bool>();
      }
      SequenceClassifierOutput result = model_->forward(inputs.take_inputs(), forward_options);
      outputs.push("logits", std::move(result.logits));
      for (auto& [group, tensors] : result.states) {
        for (std::size_t i = 0; i < tensors.size(); ++i) {
          outputs.push(concat(group, ".", i), std::move(tensors[i]));
        }
      }
      for (auto& [field, tensor] : result.tensors) outputs.push(field, std::move(tensor));
      const auto problem_type = model_->config().problem_type();
      return json{{"loss", result.loss ? json(*result.loss) : json()},
                  {"problem_type", problem_type ? json(problem_type_name(*problem_type)) : json()}};
    });
  }

  std::string train(bool mode) {
    return guarded([&] { return json(model_->train(mode).training()); });
  }

  std::string named_parameters() const {
    return guarded([&] {
      json out = json::array();
      for (const ParameterSummary& parameter : model_->named_parameters()) {
        out.push_back({{"name", parameter.name},
                       {"shape", parameter.shape},
                       {"storage", dtype_name(parameter.storage)},
                       {"packed_bytes", parameter.packed_bytes}});
      }
      return out;
    });
  }

  std::string parameter(const std::string& name, Tensors& outputs) const {
    return guarded([&] {
      outputs.push(name, model_->parameter(name));
      return json();
    });
  }

  std::string config_json() const {
    return guarded([&] { return json(model_->config_json()); });
  }

  std::string counters() const {
    return guarded([&] {
      const Counters counters = model_->counters();
      return json{{"float_multiplications", counters.float_multiplications},
                  {"int8_multiplications", counters.int8_multiplications},
                  {"int16_multiplications", counters.int16_multiplications},
                  {"padding_rows", counters.padding_rows},
                  {"arena_bytes", model_->arena_bytes()}};
    });
  }

 private:
  std::shared_ptr<SequenceClassifier> model_;
};

/// The threads that all models of one module share.
class Runtime {
 public:
  std::string open(int threads) {
    return guarded([&] {
      backend_ = create_xnnpack_backend(threads);
      return json(backend_->description());
    });
  }
  const std::shared_ptr<const Backend>& get() const { return backend_; }

 private:
  std::shared_ptr<const Backend> backend_;
};

/// A file of the host, of which some parts are here.
class HostFile final : public ByteSource {
 public:
  struct Part {
    std::uint64_t begin = 0;
    UnwrittenVector<std::byte> bytes;
  };
  using Parts = std::vector<Part>;

  /// Thrown by `read`: the caller brings the part and calls again.
  struct Missing : std::exception {
    ByteRange range;
  };

  HostFile(std::uint64_t size, std::string name, std::shared_ptr<const Parts> parts)
      : size_(size), name_(std::move(name)), parts_(std::move(parts)) {}

  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    check_range(*this, offset, out.size());
    for (const Part& part : *parts_) {
      if (offset < part.begin || offset + out.size() > part.begin + part.bytes.size()) continue;
      const auto first = part.bytes.begin() + static_cast<std::ptrdiff_t>(offset - part.begin);
      std::copy_n(first, out.size(), out.begin());
      return;
    }
    // Headers come with what follows them.
    constexpr std::size_t kLeast = 1 << 16;
    Missing missing;
    missing.range = {offset, std::min(size_, offset + std::max(out.size(), kLeast))};
    throw missing;
  }

 private:
  std::uint64_t size_;
  std::string name_;
  std::shared_ptr<const Parts> parts_;
};

/// Fills a model from files that are read elsewhere.
class Loader {
 public:
  std::string open(const Runtime& runtime, const std::string& config, const std::string& kwargs,
                   const std::string& options) {
    return guarded([&] {
      const json given = arguments(options);
      LoadOptions load;
      load.backend = runtime.get();
      load.ignore_mismatched_sizes = given.value("ignore_mismatched_sizes", false);
      load.seed = given.value("seed", std::uint64_t{0});
      PretrainedConfig parsed =
          PretrainedConfig::from_json(parse_json(config, "config.json"), "config.json",
                                      arguments(kwargs), given.value("model", ""));
      if (const auto expected = given.find("expected"); expected != given.end())
        internal::require_model_class(parsed, expected->get<std::string>());
      load.dtype = compute_type(given.value("dtype", "auto"), parsed);
      loader_ = std::make_unique<ModelLoader>(std::move(parsed), load);
      return json();
    });
  }

  /// Opens the next weights file by the parts that `add_part` brought. Gives the part [begin, end]
  /// that it needs besides: then the call is to be made again.
  std::string open_file(double size, const std::string& name, bool is_pytorch) {
    return guarded([&]() -> json {
      auto source =
          std::make_unique<HostFile>(static_cast<std::uint64_t>(size), name, opening_.parts);
      try {
        opening_.reader =
            is_pytorch ? open_pytorch(std::move(source)) : open_safetensors(std::move(source));
      } catch (const HostFile::Missing& missing) {
        return {missing.range.begin, missing.range.end};
      }
      const auto tensors = opening_.reader->tensors();
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        tensors_.push_back(tensors[i]);
        places_.push_back({files_.size(), i});
      }
      opening_.parts->clear();
      files_.push_back(std::exchange(opening_, {}));
      return {};
    });
  }
  void add_part(double begin, const std::string& bytes) {
    const auto data = std::as_bytes(std::span(bytes));
    opening_.parts->push_back({static_cast<std::uint64_t>(begin), {data.begin(), data.end()}});
  }

  /// A tensor that lies in memory (`state_dict`).
  std::string add_tensor(const std::string& name, const std::string& dtype,
                         const std::string& shape) {
    return guarded([&] {
      const Tensor empty(dtype_from_name(dtype).value(), arguments(shape));
      places_.push_back({0, tensors_.size()});
      tensors_.push_back({name, empty.dtype(), empty.shape(), 0, empty.bytes().size()});
      return json();
    });
  }

  /// What has to be read, in the order of the files: four numbers a read, the first of its tensors,
  /// the file, and where in it the read begins and ends.
  std::string plan() {
    return guarded([&] {
      loader_->plan(tensors_);
      json reads = json::array();
      for (std::size_t i = 0; i < tensors_.size(); ++i) {
        if (!loader_->wants(i)) continue;
        const auto [file, tensor] = places_[i];
        const ByteRange range = files_.empty() ? ByteRange{0, tensors_[i].byte_size()}
                                               : files_[file].reader->range(tensor);
        // Parts of no bytes stand alone, as do the tensors of a state_dict.
        const bool is_new = files_.empty() || reads_.empty() || range.begin == range.end ||
                            reads_.back().file != file ||
                            reads_.back().range.begin != range.begin ||
                            reads_.back().range.end != range.end;
        if (is_new) {
          for (const std::uint64_t number :
               {std::uint64_t{i}, std::uint64_t{file}, range.begin, range.end})
            reads.push_back(number);
          reads_.push_back({file, range, {}});
        }
        reads_.back().tensors.push_back(i);
      }
      return reads;
    });
  }

  /// Room for the bytes of one read; they are written through `buffer`.
  std::string reserve(std::size_t read) {
    return guarded([&] {
      const ByteRange range = reads_.at(read).range;
      if (range.end - range.begin > buffer_.max_size()) throw std::bad_alloc();
      const auto size = static_cast<std::size_t>(range.end - range.begin);
      // Freed first: nothing of a former read is to be copied.
      if (size > buffer_.capacity()) buffer_ = {};
      buffer_.resize(size);
      return json();
    });
  }
  val buffer() const { return view(buffer_); }

  std::string commit(std::size_t index) {
    return guarded([&] {
      const Read& read = reads_.at(index);
      const TensorInfo& first = tensors_[read.tensors.front()];
      if (read.range.end - read.range.begin == first.byte_size()) {
        loader_->accept(read.tensors.front(), buffer_);
        return json();
      }
      // The tensors and something else: their reader knows what.
      const File& file = files_[read.file];
      file.parts->push_back({read.range.begin, std::exchange(buffer_, {})});
      for (const std::size_t tensor : read.tensors) {
        UnwrittenVector<std::byte> bytes(static_cast<std::size_t>(tensors_[tensor].byte_size()));
        file.reader->read(places_[tensor].tensor, bytes);
        loader_->accept(tensor, bytes);
      }
      file.parts->clear();
      return json();
    });
  }

  std::string finish(Model& model) {
    return guarded([&] {
      buffer_ = {};
      model.set(loader_->finish());
      loader_.reset();
      return json();
    });
  }

 private:
  struct File {
    std::shared_ptr<HostFile::Parts> parts = std::make_shared<HostFile::Parts>();
    std::unique_ptr<CheckpointReader> reader;
  };
  /// Where a tensor is found: a file, and its place in the file.
  struct Place {
    std::size_t file;
    std::size_t tensor;
  };
  /// A part of a file and the tensors that are read from it.
  struct Read {
    std::size_t file;
    ByteRange range;
    std::vector<std::size_t> tensors;
  };

  std::unique_ptr<ModelLoader> loader_;
  std::vector<File> files_;
  File opening_;
  std::vector<TensorInfo> tensors_;
  std::vector<Place> places_;  // by tensor
  std::vector<Read> reads_;
  UnwrittenVector<std::byte> buffer_;
};

class Pipeline {
 public:
  std::string open(const Model& model, const Tokenizer& tokenizer, bool allow_new_head) {
    return guarded([&] {
      pipeline_ = std::make_unique<TextClassificationPipeline>(model.get(), tokenizer.get(),
                                                               allow_new_head);
      const auto limit = pipeline_->max_length();
      return json{{"max_length", limit ? json(*limit) : json()}};
    });
  }

  /// [[text, text_pair | null], …] → [[{label, score}, …], …]
  std::string classify(const std::string& inputs, const std::string& options) const {
    return guarded([&] {
      const json given = arguments(options);
      TextClassificationOptions classify_options;
      classify_options.top_k = given.value("top_k", std::int64_t{1});
      classify_options.function_to_apply =
          function_to_apply_from_name(given.value("function_to_apply", "default"));
      if (given.contains("batch_size")) {
        classify_options.batch_size = given["batch_size"].get<std::int64_t>();
      }
      classify_options.batch_tokens = given.value("batch_tokens", classify_options.batch_tokens);
      classify_options.truncation = given.value("truncation", false);
      if (given.contains("max_length")) {
        classify_options.max_length = given["max_length"].get<std::int64_t>();
      }
      std::vector<TextInput> texts;
      for (const json& input : arguments(inputs)) texts.push_back(Tokenizer::to_input(input));
      json out = json::array();
      for (const auto& labels : (*pipeline_)(texts, classify_options)) {
        json list = json::array();
        for (const LabelScore& label : labels) {
          list.push_back({{"label", label.label}, {"score", label.score}});
        }
        out.push_back(std::move(list));
      }
      return out;
    });
  }

 private:
  std::unique_ptr<TextClassificationPipeline> pipeline_;
};

/// `model`: see `PretrainedConfig::from_json`.
std::string parse_config(const std::string& text, const std::string& name,
                         const std::string& kwargs, const std::string& model) {
  return guarded([&] {
    const auto config =
        PretrainedConfig::from_json(parse_json(text, name), name, arguments(kwargs), model);
    return config.to_json();
  });
}

/// Names of the files of a sharded checkpoint.
std::string list_shards(const std::string& index, const std::string& name) {
  return guarded([&] { return json(shard_names(index, name)); });
}

std::string build_info() {
  json types = json::array();
  for (const ModelType& type : model_types()) {
    types.push_back({{"model_type", type.name},
                     {"class_name", type.class_name()},
                     {"family", type.family_name},
                     {"arguments", type.family->arguments}});
  }
  return to_text({{"version", VERDICT_VERSION},
                  {"variant", VERDICT_VARIANT},
                  {"has_threads", VERDICT_HAS_THREADS != 0},
                  {"model_types", types}});
}

}  // namespace

EMSCRIPTEN_BINDINGS(verdict) {
  using namespace emscripten;
  function("parse_config", &parse_config);
  function("list_shards", &list_shards);
  function("build_info", &build_info);
  class_<Files>("Files").constructor<>().function("add", &Files::add);
  class_<Hasher>("Hasher")
      .constructor<>()
      .function("update", &Hasher::update)
      .function("digest", &Hasher::digest);
  class_<Tensors>("Tensors")
      .constructor<>()
      .function("add", &Tensors::add)
      .function("size", &Tensors::size)
      .function("info", &Tensors::info)
      .function("data", &Tensors::data);
  class_<Tokenizer>("Tokenizer")
      .constructor<>()
      .function("load", &Tokenizer::load)
      .function("encode", &Tokenizer::encode)
      .function("encoded", &Tokenizer::encoded)
      .function("decode", &Tokenizer::decode)
      .function("tokens", &Tokenizer::tokens)
      .function("ids", &Tokenizer::ids);
  class_<Model>("Model")
      .constructor<>()
      .function("info", &Model::info)
      .function("forward", &Model::forward)
      .function("train", &Model::train)
      .function("named_parameters", &Model::named_parameters)
      .function("parameter", &Model::parameter)
      .function("config_json", &Model::config_json)
      .function("counters", &Model::counters);
  class_<Runtime>("Runtime").constructor<>().function("open", &Runtime::open);
  class_<Loader>("Loader")
      .constructor<>()
      .function("open", &Loader::open)
      .function("open_file", &Loader::open_file)
      .function("add_part", &Loader::add_part)
      .function("add_tensor", &Loader::add_tensor)
      .function("plan", &Loader::plan)
      .function("reserve", &Loader::reserve)
      .function("buffer", &Loader::buffer)
      .function("commit", &Loader::commit)
      .function("finish", &Loader::finish);
  class_<Pipeline>("Pipeline")
      .constructor<>()
      .function("open", &Pipeline::open)
      .function("classify", &Pipeline::classify);
}

}  // namespace verdict::bindings
