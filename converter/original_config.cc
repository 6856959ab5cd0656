#include "verdict_convert/original_config.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

using nlohmann::json;

constexpr std::string_view kModelTypeOption = "--model-type";
constexpr std::uint64_t kMostConfigBytes = 1 << 20;

enum class Kind : std::uint8_t { kCount, kNumber, kText, kFlag, kCounts, kAny };

/// An attribute of an original config and its name in the reference's.
struct Field {
  std::string_view original;
  std::string_view canonical;
  Kind kind = Kind::kCount;
  bool is_required = false;
};

constexpr Field same(std::string_view name, Kind kind = Kind::kCount, bool is_required = false) {
  return {name, name, kind, is_required};
}

constexpr auto kLayers = std::to_array<Field>(
    {same("hidden_size", Kind::kCount, true), same("num_hidden_layers", Kind::kCount, true),
     same("num_attention_heads", Kind::kCount, true), same("intermediate_size", Kind::kCount, true),
     same("hidden_act", Kind::kText), same("hidden_dropout_prob", Kind::kNumber),
     same("attention_probs_dropout_prob", Kind::kNumber), same("max_position_embeddings"),
     same("initializer_range", Kind::kNumber)});

constexpr auto kBert = std::to_array<Field>(
    {same("vocab_size", Kind::kCount, true), same("type_vocab_size"), same("embedding_size")});
constexpr auto kBigBird = std::to_array<Field>({same("vocab_size", Kind::kCount, true),
                                                same("type_vocab_size"),
                                                same("attention_type", Kind::kText),
                                                same("block_size"),
                                                same("use_bias", Kind::kFlag),
                                                {"num_rand_blocks", "num_random_blocks"}});
constexpr auto kAlbert =
    std::to_array<Field>({same("vocab_size", Kind::kCount, true), same("type_vocab_size"),
                          same("embedding_size", Kind::kCount, true), same("num_hidden_groups"),
                          same("inner_group_num")});
constexpr auto kMobileBert = std::to_array<Field>(
    {same("vocab_size", Kind::kCount, true), same("type_vocab_size"),
     same("embedding_size", Kind::kCount, true), same("intra_bottleneck_size"),
     same("num_feedforward_networks"), same("normalization_type", Kind::kText),
     same("trigram_input", Kind::kFlag), same("use_bottleneck", Kind::kFlag),
     same("use_bottleneck_attention", Kind::kFlag),
     same("key_query_shared_bottleneck", Kind::kFlag), same("classifier_activation", Kind::kFlag)});
constexpr auto kRemBert = std::to_array<Field>(
    {same("vocab_size", Kind::kCount, true), same("type_vocab_size"),
     same("input_embedding_size", Kind::kCount, true), same("output_embedding_size")});
constexpr auto kTapas =
    std::to_array<Field>({same("vocab_size", Kind::kCount, true),
                          {"type_vocab_size", "type_vocab_sizes", Kind::kCounts, true}});
constexpr auto kCanine = std::to_array<Field>(
    {same("type_vocab_size"), same("downsampling_rate"), same("local_transformer_stride"),
     same("num_hash_buckets"), same("num_hash_functions"), same("upsampling_kernel_size")});
constexpr auto kXlnet = std::to_array<Field>({{"n_token", "vocab_size", Kind::kCount, true},
                                              same("d_model", Kind::kCount, true),
                                              same("n_layer", Kind::kCount, true),
                                              same("n_head", Kind::kCount, true),
                                              same("d_head"),
                                              same("d_inner", Kind::kCount, true),
                                              same("ff_activation", Kind::kText),
                                              same("untie_r", Kind::kFlag)});
constexpr auto kFunnel = std::to_array<Field>({same("vocab_size", Kind::kCount, true),
                                               same("d_model", Kind::kCount, true),
                                               same("n_head", Kind::kCount, true),
                                               same("d_head"),
                                               same("d_inner", Kind::kCount, true),
                                               {"dropout", "hidden_dropout", Kind::kNumber},
                                               {"dropatt", "attention_dropout", Kind::kNumber},
                                               {"dropact", "activation_dropout", Kind::kNumber},
                                               {"init_range", "initializer_range", Kind::kNumber},
                                               same("pooling_type", Kind::kText),
                                               same("pool_q_only", Kind::kFlag),
                                               same("separate_cls", Kind::kFlag)});
constexpr auto kGpt2 = std::to_array<Field>({{"n_vocab", "vocab_size", Kind::kCount, true},
                                             {"n_ctx", "n_positions", Kind::kCount, true},
                                             same("n_embd", Kind::kCount, true),
                                             same("n_head", Kind::kCount, true),
                                             same("n_layer", Kind::kCount, true)});
constexpr auto kGptNeo =
    std::to_array<Field>({{"n_vocab", "vocab_size", Kind::kCount, true},
                          {"n_ctx", "max_position_embeddings", Kind::kCount, true},
                          {"n_embd", "hidden_size", Kind::kCount, true},
                          {"n_head", "num_heads", Kind::kCount, true},
                          {"n_layer", "num_layers", Kind::kCount, true},
                          same("attention_types", Kind::kAny, true),
                          {"embed_dropout", "embed_dropout", Kind::kNumber}});
constexpr auto kT5 =
    std::to_array<Field>({same("d_model", Kind::kCount, true), same("d_kv", Kind::kCount, true),
                          same("d_ff", Kind::kCount, true), same("num_heads", Kind::kCount, true),
                          same("num_layers", Kind::kCount, true)});

/// What the config of a model type's code base holds.
struct Form {
  std::string_view model_type;
  std::span<const Field> fields;
  std::span<const Field> more_fields;
};

constexpr auto kForms = std::to_array<Form>({{"albert", kLayers, kAlbert},
                                             {"bert", kLayers, kBert},
                                             {"big_bird", kLayers, kBigBird},
                                             {"canine", kLayers, kCanine},
                                             {"convbert", kLayers, kBert},
                                             {"electra", kLayers, kBert},
                                             {"funnel", kFunnel, {}},
                                             {"gpt-sw3", kGpt2, {}},
                                             {"gpt2", kGpt2, {}},
                                             {"gpt_neo", kGptNeo, {}},
                                             {"megatron-bert", kLayers, kBert},
                                             {"mobilebert", kLayers, kMobileBert},
                                             {"mt5", kT5, {}},
                                             {"openai-gpt", kGpt2, {}},
                                             {"rembert", kLayers, kRemBert},
                                             {"roc_bert", kLayers, kBert},
                                             {"roformer", kLayers, kBert},
                                             {"t5", kT5, {}},
                                             {"tapas", kLayers, kTapas},
                                             {"xlnet", kXlnet, {}}});

/// The config files of code bases, and the type that a name alone tells.
constexpr auto kFiles = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"albert_config.json", "albert"},
     {"bert_config.json", "bert"},
     {"canine_config.json", "canine"},
     {"config_original.json", ""},
     {"hparams.json", "gpt2"},
     {"net_config.json", "funnel"},
     {"operative_config.gin", "t5"},
     {"rembert_config.json", "rembert"},
     {"xlnet_config.json", "xlnet"}});

/// Attributes that one code base alone has.
constexpr auto kMarks = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"untie_r", "xlnet"},
     {"separate_cls", "funnel"},
     {"num_rand_blocks", "big_bird"},
     {"num_hash_functions", "canine"},
     {"input_embedding_size", "rembert"},
     {"intra_bottleneck_size", "mobilebert"},
     {"inner_group_num", "albert"},
     {"attention_types", "gpt_neo"},
     {"n_vocab", "gpt2"}});

[[noreturn]] void wrong(std::string_view file, std::string_view attribute, const json& value,
                        std::string_view expected) {
  throw Error(ErrorCode::kInvalidArgument,
              concat("\"", file, "\" gives \"", attribute, "\" the value ", to_text(value), "; ",
                     expected, " was expected."));
}

bool is_count(const json& value) {
  return value.is_number_integer() && value.get<std::int64_t>() > 0 &&
         value.get<std::int64_t>() <= INT32_MAX;
}

void check(std::string_view file, const Field& field, const json& value) {
  switch (field.kind) {
    case Kind::kCount:
      if (!is_count(value)) wrong(file, field.original, value, "a positive integer");
      return;
    case Kind::kNumber:
      if (!value.is_number()) wrong(file, field.original, value, "a number");
      return;
    case Kind::kText:
      if (!value.is_string()) wrong(file, field.original, value, "a text");
      return;
    case Kind::kFlag:
      if (!value.is_boolean()) wrong(file, field.original, value, "true or false");
      return;
    case Kind::kCounts:
      if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_count))
        wrong(file, field.original, value, "a list of positive integers");
      return;
    case Kind::kAny:
      return;
  }
}

/// Funnel: "4_4_4", and "6_3x2_3x2" for blocks whose layers run twice.
void add_blocks(const json& original, std::string_view file, json& config) {
  constexpr std::string_view kExpected = "numbers of layers such as \"4_4_4\" or \"6_3x2_3x2\"";
  const json value = original.value("block_size", json());
  if (!value.is_string()) wrong(file, "block_size", value, kExpected);
  const auto text = value.get<std::string>();
  json sizes = json::array(), repeats = json::array();
  const auto number = [&](std::string_view digits) {
    if (digits.empty() || digits.size() > 4 ||
        digits.find_first_not_of("0123456789") != std::string_view::npos) {
      wrong(file, "block_size", value, kExpected);
    }
    return std::stoul(std::string(digits));
  };
  for (std::string_view rest = text;;) {
    const std::size_t end = rest.find('_');
    const std::string_view block = rest.substr(0, end);
    const std::size_t times = block.find('x');
    sizes.push_back(number(block.substr(0, times)));
    repeats.push_back(times == std::string_view::npos ? 1 : number(block.substr(times + 1)));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  config["block_sizes"] = std::move(sizes);
  config["block_repeats"] = std::move(repeats);
  const json decoder = original.value("decoder_size", json("0"));
  if (!decoder.is_string()) wrong(file, "decoder_size", decoder, "a number as text");
  config["num_decoder_layers"] = number(decoder.get<std::string>());
  // Their gelu is the approximation with tanh.
  const json activation = original.value("ff_activation", json("gelu"));
  config["hidden_act"] = activation == "gelu" ? json("gelu_new") : activation;
}

const Form& form_of(std::string_view model_type, std::string_view file) {
  std::vector<std::string_view> known;
  for (const Form& form : kForms) {
    if (form.model_type == model_type) return form;
    known.push_back(form.model_type);
  }
  throw Error(
      ErrorCode::kUnsupported,
      concat("\"", file,
             "\" is no config.json of the reference, and no original config of "
             "the model type \"",
             model_type, "\" is known; those of ", quoted_list(known, known.size()), " are."));
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
}

std::string type_of(const json& original, std::string_view file, const std::string& model_type) {
  if (!model_type.empty()) return model_type;
  for (const auto& [attribute, type] : kMarks) {
    if (original.contains(attribute)) return std::string(type);
  }
  if (const auto types = original.find("type_vocab_size");
      types != original.end() && types->is_array()) {
    return "tapas";
  }
  for (const auto& [name, type] : kFiles) {
    if (name == file_name(file) && !type.empty()) return std::string(type);
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("\"", file, "\" does not tell the model's type; give it with ",
                     kModelTypeOption, "."));
}

/// The macros of T5's operative_config.gin, "name = number" a line, as JSON.
json parse_gin(std::string_view text) {
  json macros = json::object();
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto words = split_words(line);
    if (words.size() < 3 || words[1] != "=") continue;
    const std::string_view value = words[2];
    const bool is_number =
        value.size() < 10 && value.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_number) macros[std::string(words[0])] = std::stoul(std::string(value));
    // The layers of T5 1.1 have a gate: ["gelu", "linear"].
    if (ends_with(words[0], "DenseReluDense.activation") &&
        line.find("linear") != std::string_view::npos) {
      macros["feed_forward_proj"] = "gated-gelu";
    }
  }
  return macros;
}

}  // namespace

json canonical_config(const json& original, const std::string& file,
                      const std::string& model_type) {
  if (!original.is_object()) {
    throw Error(ErrorCode::kInvalidArgument, concat("\"", file, "\" holds no JSON object."));
  }
  const json stated = original.value("model_type", json());
  if (stated.is_string()) {
    if (!model_type.empty() && stated != model_type) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("\"", file, "\" is the config of the model type ", to_text(stated),
                         ", but ", kModelTypeOption, " says \"", model_type, "\"."));
    }
    return original;
  }
  // Old files of the reference name no type.
  if (original.contains("architectures") || original.contains("transformers_version")) {
    json config = original;
    config["model_type"] = type_of(original, file, model_type);
    return config;
  }
  const Form& form = form_of(type_of(original, file, model_type), file);
  json config = {{"model_type", form.model_type}};
  for (const auto& fields : {form.fields, form.more_fields}) {
    for (const Field& field : fields) {
      const auto found = original.find(field.original);
      if (found == original.end()) {
        if (!field.is_required) continue;
        throw Error(ErrorCode::kInvalidArgument,
                    concat("\"", file, "\" has no \"", field.original, "\", which a config of ",
                           form.model_type, " needs. If it is of another model, say so with ",
                           kModelTypeOption, "."));
      }
      check(file, field, *found);
      config[std::string(field.canonical)] = *found;
    }
  }
  if (form.model_type == "funnel") add_blocks(original, file, config);
  if (form.model_type == "mt5" || original.contains("feed_forward_proj")) {
    config["feed_forward_proj"] = "gated-gelu";
    config["tie_word_embeddings"] = false;
  }
  return config;
}

std::optional<OriginalConfig> read_original_config(const FileSet& files,
                                                   const std::string& model_type) {
  std::optional<OriginalConfig> out;
  for (const auto& [name, type] : kFiles) {
    const std::string file(name);
    const auto source = files.open(file);
    if (!source) continue;
    if (out) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("\"", files.name(), "\" holds both \"", out->file, "\" and \"", file,
                         "\"; name the config with --config."));
    }
    const std::string text = read_text(*source, kMostConfigBytes);
    const json original = ends_with(name, ".gin") ? parse_gin(text) : parse_json(text, file);
    out = OriginalConfig{canonical_config(original, file, model_type), file};
  }
  return out;
}

}  // namespace verdict::convert
