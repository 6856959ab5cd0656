#include "verdict/config/derived.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

using nlohmann::json;

constexpr const char* kFull = "full_attention";
constexpr const char* kSliding = "sliding_attention";

/// Which layers see only a window when the file does not say it layer by layer.
enum class Window {
  kNever,
  kAll,          ///< where `sliding_window` is set
  kAbove,        ///< from layer `max_window_layers` on, where `use_sliding_window`
  kEven,         ///< layers 0, 2, …
  kAllBut,       ///< all but every n-th, which are the last ones of n
  kAllButFirst,  ///< all but every n-th, which are the first ones of n
};

/// A model type with rotary positions.
struct RotaryType {
  std::string_view model_type;
  double theta;
  Window window;
  /// kAllBut: the attribute that gives n, and n where it is missing.
  const char* period = nullptr;
  std::int64_t default_period = 1;
  /// Of the sliding layers, where they have rotary parameters of their own: the attribute in old
  /// files, and theta where it is missing.
  const char* local_theta = nullptr;
  double default_local_theta = 0;
};

constexpr auto kRotaryTypes = std::to_array<RotaryType>({
    {"eurobert", 10000, Window::kNever},
    {"gemma", 10000, Window::kNever},
    {"gemma2", 10000, Window::kEven},
    {"gemma3_text", 1000000, Window::kAllBut, "sliding_window_pattern", 6, "rope_local_base_freq",
     10000},
    {"gte", 160000, Window::kNever},
    {"llama", 10000, Window::kNever},
    {"mistral", 10000, Window::kAll},
    {"modernbert", 160000, Window::kAllButFirst, "global_attn_every_n_layers", 3,
     "local_rope_theta", 10000},
    {"nomic_bert", 1000, Window::kNever},
    {"phi3", 10000, Window::kAll},
    {"qwen2", 10000, Window::kAbove},
    {"qwen3", 10000, Window::kAbove},
    {"ultrabert", 2560000, Window::kAllBut, "global_attn_every_n_layers", 3, "local_rope_theta",
     10000},
});

/// The value, or null for one that is missing.
json value_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? json() : *found;
}

std::int64_t integer(const json& values, const char* key, std::int64_t fallback) {
  const json value = value_of(values, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : fallback;
}

bool slides(const RotaryType& type, const json& values, std::int64_t layer) {
  const bool has_window = !value_of(values, "sliding_window").is_null();
  const std::int64_t period =
      type.period == nullptr
          ? 1
          : std::max<std::int64_t>(1, integer(values, type.period, type.default_period));
  switch (type.window) {
    case Window::kNever:
      return false;
    case Window::kAll:
      return has_window;
    case Window::kAbove:
      return has_window && value_of(values, "use_sliding_window") == true &&
             layer >= integer(values, "max_window_layers", 0);
    case Window::kEven:
      return layer % 2 == 0;
    case Window::kAllBut:
      return (layer + 1) % period != 0;
    case Window::kAllButFirst:
      return layer % period != 0;
  }
  return false;
}

json layer_types(const RotaryType& type, const json& values) {
  const std::int64_t layers = integer(values, "num_hidden_layers", 0);
  json given = value_of(values, "layer_types");
  if (!given.is_null()) {
    const bool fits =
        given.is_array() && given.size() == static_cast<std::size_t>(layers) &&
        std::ranges::all_of(given, [](const json& t) { return t == kFull || t == kSliding; });
    if (!fits) {
      throw Error(
          ErrorCode::kInvalidArgument,
          concat("layer_types is ", to_text(given), "; a list of ", layers,
                 " (num_hidden_layers) times \"full_attention\" or \"sliding_attention\" was "
                 "expected."));
    }
    return given;
  }
  json out = json::array();
  for (std::int64_t layer = 0; layer < layers; ++layer)
    out.push_back(slides(type, values, layer) ? kSliding : kFull);
  return out;
}

/// The value of the dict, else that of the top level, else `fallback`.
json rope_value(const json& dict, const json& values, const char* key, json fallback) {
  for (const json* object : {&dict, &values}) {
    if (json value = value_of(*object, key); !value.is_null()) return value;
  }
  return fallback;
}

json rope_parameters(const RotaryType& type, const json& values) {
  json dict = value_of(values, "rope_scaling");
  if (dict.is_null()) dict = value_of(values, "rope_parameters");
  if (dict.is_null()) dict = json::object();
  if (!dict.is_object()) {
    throw Error(ErrorCode::kInvalidArgument, concat("The config's rope parameters are ",
                                                    to_text(dict), "; an object was expected."));
  }
  const bool by_layer_type = dict.contains(kFull) || dict.contains(kSliding);
  const auto complete = [&](json one, double theta) {
    if (!one.is_object()) one = json::object();
    one["rope_theta"] =
        rope_value(one, by_layer_type ? json::object() : values, "rope_theta", theta);
    json kind = value_of(one, "rope_type");
    if (kind.is_null()) kind = value_of(one, "type");
    one["rope_type"] = kind.is_null() ? json("default") : kind;
    one["partial_rotary_factor"] = rope_value(one, values, "partial_rotary_factor", 1.0);
    // The top level wins: phi3 keeps the trained length there.
    json trained = value_of(values, "original_max_position_embeddings");
    if (trained.is_null()) trained = value_of(one, "original_max_position_embeddings");
    if (trained.is_null()) trained = value_of(values, "max_position_embeddings");
    one["original_max_position_embeddings"] = trained;
    one["max_position_embeddings"] = value_of(values, "max_position_embeddings");
    if (one["rope_type"] == "su") one["rope_type"] = "longrope";
    if (type.model_type == "phi3" && one["rope_type"] == "yarn") one["rope_type"] = "longrope";
    return one;
  };
  const bool has_local = type.local_theta != nullptr;
  const double local_theta = has_local ? type.default_local_theta : type.theta;
  if (by_layer_type) {
    return {{kFull, complete(value_of(dict, kFull), type.theta)},
            {kSliding, complete(value_of(dict, kSliding), local_theta)}};
  }
  json full = complete(dict, type.theta);
  json sliding = full;
  if (has_local) {
    // rope_scaling is for the full layers only.
    sliding = complete(json::object(), local_theta);
    sliding["rope_theta"] = rope_value(json::object(), values, type.local_theta, local_theta);
  }
  return {{kFull, std::move(full)}, {kSliding, std::move(sliding)}};
}

/// T5's "relu" or "gated-gelu": the activation, and whether a second projection is multiplied. What
/// a file says of them itself holds.
json feed_forward(const json& values) {
  const json name = value_of(values, "feed_forward_proj");
  const auto projection = name.is_string() ? name.get<std::string>() : to_text(name);
  constexpr std::string_view kGated = "gated-";
  const bool is_gated = starts_with(projection, kGated);
  std::string activation = is_gated ? projection.substr(kGated.size()) : projection;
  if (!name.is_string() || activation.find('-') != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's feed_forward_proj is \"", projection,
                       "\"; an activation, or \"gated-\" and an activation, was expected."));
  }
  if (projection == "gated-gelu") activation = "gelu_new";
  json out{{"dense_act_fn", activation}, {"is_gated_act", is_gated}};
  for (const char* key : {"dense_act_fn", "is_gated_act"}) {
    const json given = value_of(values, key);
    if (!given.is_null()) out[key] = given;
  }
  return out;
}

/// GPT-Neo's [[["global", "local"], 12]]: the kind of every layer.
json attention_layers(const json& values) {
  const json types = value_of(values, "attention_types");
  const auto layers = static_cast<std::size_t>(integer(values, "num_hidden_layers", 0));
  const auto refuse = [&] {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's attention_types is ", to_text(types),
                       "; a list of [[kinds], count] that gives num_layers (", layers,
                       ") kinds was expected."));
  };
  json out = json::array();
  if (!types.is_array()) refuse();
  for (const json& item : types) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_array() ||
        !item[1].is_number_integer()) {
      refuse();
    }
    const auto count = item[1].get<std::int64_t>();
    for (std::int64_t i = 0; i < count && out.size() <= layers && !item[0].empty(); ++i) {
      for (const json& kind : item[0]) {
        if (!kind.is_string()) refuse();
        out.push_back(kind);
      }
    }
  }
  if (out.size() != layers) refuse();
  return {{"attention_layers", out}};
}

/// transformers 4 puts MVP's prompts before the keys of encoder and decoder, and its files hold
/// them; 5 leaves the encoder without.
json encoder_prompt(const json& values) {
  const json version = value_of(values, "transformers_version");
  const bool is_old = !version.is_string() || std::atoi(version.get<std::string>().c_str()) < 5;
  return {{"use_encoder_prompt", is_old && value_of(values, "use_prompt") == true}};
}

/// "C2P|p2c" as ["c2p", "p2c"], null as [].
json name_list(const json& values, const char* attribute) {
  json given = value_of(values, attribute);
  json out = json::array();
  if (given.is_string()) {
    std::string name;
    for (const char c : concat(given.get<std::string>(), "|")) {
      if (c == '|') {
        out.push_back(std::exchange(name, {}));
      } else if (c != ' ') {
        name += ascii_lower(c);
      }
    }
    return out;
  }
  if (given.is_null()) return out;
  if (!given.is_array() ||
      !std::ranges::all_of(given, [](const json& n) { return n.is_string(); })) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's ", attribute, " is ", to_text(given),
                       "; a list of names, or names separated by \"|\", was expected."));
  }
  return given;
}

json deberta_lists(const json& values) {
  return {{"pos_att_type", name_list(values, "pos_att_type")},
          {"norm_rel_ebd", name_list(values, "norm_rel_ebd")}};
}

struct Derivation {
  std::string_view model_types;  ///< separated by spaces
  json (*derive)(const json& values);
};

constexpr auto kDerivations = std::to_array<Derivation>({
    {"deberta deberta-v2", &deberta_lists},
    {"gpt_neo", &attention_layers},
    {"mt5 t5 umt5", &feed_forward},
    {"mvp", &encoder_prompt},
});

}  // namespace

json derived_attributes(std::string_view model_type, const json& values) {
  json out = json::object();
  for (const Derivation& derivation : kDerivations) {
    if (has_word(derivation.model_types, model_type)) out.update(derivation.derive(values));
  }
  const auto type = std::ranges::find(kRotaryTypes, model_type, &RotaryType::model_type);
  if (type == kRotaryTypes.end()) return out;
  out["layer_types"] = layer_types(*type, values);
  out["rope_parameters"] = rope_parameters(*type, values);
  // Old Gemma files name the exact GELU, but the models were trained with its approximation.
  if (model_type == "gemma" && value_of(values, "hidden_activation").is_null() &&
      value_of(values, "hidden_act") == "gelu") {
    out["hidden_act"] = "gelu_pytorch_tanh";
  }
  return out;
}

}  // namespace verdict
