// The JavaScript face of the library: text and small structures as JSON, tensors as views of
// memory. web/src/runtime/module.ts declares it, native.ts reads what it replies.
#include <emscripten/bind.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "verdict/base/sha256.h"
#include "verdict/bindings/guarded.h"
#include "verdict/bindings/loader.h"
#include "verdict/bindings/model.h"
#include "verdict/bindings/tensors.h"
#include "verdict/bindings/tokenizer.h"
#include "verdict/models/registry.h"
#include "verdict/pipeline/text_classification.h"

namespace verdict::bindings {
namespace {

/// The hash of a download, chunk by chunk.
class Hasher {
 public:
  void update(const std::string& bytes) { hash_.update(std::as_bytes(std::span(bytes))); }
  std::string digest() { return hash_.digest(); }

 private:
  Sha256 hash_;
};

TextInput to_input(const json& input) {
  TextInput out{input.at(0), std::nullopt};
  if (!input.at(1).is_null()) out.text_pair = input[1];
  return out;
}

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
      for (const json& input : arguments(inputs)) texts.push_back(to_input(input));
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
