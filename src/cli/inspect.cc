#include <nlohmann/json.hpp>

#include "verdict/auto/model_files.h"
#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/cli/commands.h"

namespace verdict::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    kFromTf,
    kFromFlax,
    kConfig,
    {"--json", "", "as one JSON object"},
};

/// Attributes of the config that tell a model's size.
constexpr const char* kSizes[] = {"num_hidden_layers", "hidden_size", "num_attention_heads",
                                  "intermediate_size", "vocab_size",  "max_position_embeddings"};

std::int64_t packed_bytes(const graph::Graph& graph, ComputeType type) {
  const auto weights = create_xnnpack_backend(1)->create_weights(graph, type);
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < graph.parameters().size(); ++i) {
    bytes += weights->packed_bytes(static_cast<graph::ParameterId>(i));
  }
  return bytes;
}

/// Bytes of the checkpoint by stored dtype; null when the folder has no weights.
nlohmann::json stored_bytes(const ModelFiles& source, const FromPretrainedOptions& options,
                            const PretrainedConfig& config) {
  try {
    nlohmann::json out = nlohmann::json::object();
    const auto checkpoint = open_model_weights(*source.files, source.weights, options, config);
    for (const TensorInfo& tensor : checkpoint->tensors()) {
      const std::string dtype(dtype_name(tensor.dtype));
      out[dtype] = out.value(dtype, std::uint64_t{0}) + tensor.byte_size();
    }
    return out;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound || options.from_tf || options.from_flax) throw;
    return nullptr;
  }
}

std::string megabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

}  // namespace

const CommandSpec kInspect{"verdict inspect", "MODEL [options]",
                           "Shows what the model in the folder MODEL is: type, sizes, parameters, "
                           "and the memory that its\n"
                           "weights take by dtype.",
                           kOptions};

int inspect(const Arguments& arguments) {
  const FromPretrainedOptions options = source_options(arguments);
  const ModelFiles source = open_model_files(model_operand(arguments), options);
  const PretrainedConfig config = read_model_config(*source.files, source.weights, options);
  const ModelType& type = model_type(config.model_type());
  const graph::Graph graph = build_graph(type, config);
  std::int64_t parameters = 0;
  for (const graph::Parameter& parameter : graph.parameters()) {
    parameters += element_count(parameter.shape).value_or(0);
  }
  const auto limit = max_length(type, config);
  nlohmann::json sizes = nlohmann::json::object();
  for (const char* size : kSizes) {
    if (config.has(size)) sizes[size] = config.get<std::int64_t>(size);
  }
  const std::int64_t f32 = packed_bytes(graph, ComputeType::kF32);
  const std::int64_t q8 = packed_bytes(graph, ComputeType::kQ8);
  const nlohmann::json stored = stored_bytes(source, options, config);
  if (arguments.has("--json")) {
    const nlohmann::json out{{"model_type", type.name},
                             {"class", type.class_name()},
                             {"sizes", sizes},
                             {"parameters", parameters},
                             {"labels", config.id2label()},
                             {"max_length", limit ? nlohmann::json(*limit) : nlohmann::json()},
                             {"stored_bytes", stored},
                             {"packed_bytes", {{"f32", f32}, {"q8", q8}}},
                             {"kernels", create_xnnpack_backend(1)->description()}};
    write_out(to_text(out, 2) + "\n");
    return 0;
  }
  std::string out = concat("type        ", type.name, "\nclass       ", type.class_name(), "\n");
  for (const auto& [name, value] : sizes.items()) out += concat(name, "  ", to_text(value), "\n");
  out += concat("parameters  ", parameters, "\nlabels      ", quoted_list(config.id2label()), "\n");
  if (limit) out += concat("max_length  ", *limit, " tokens\n");
  if (stored.is_object()) {
    for (const auto& [dtype, bytes] : stored.items()) {
      out += concat("stored      ", dtype, " ", megabytes(bytes.get<std::int64_t>()), "\n");
    }
  }
  char ratio[32];
  std::snprintf(ratio, sizeof(ratio), "%.3f", static_cast<double>(q8) / static_cast<double>(f32));
  out +=
      concat("memory      f32 ", megabytes(f32), ", q8 ", megabytes(q8), " (", ratio, " × f32)\n");
  out += concat("kernels     ", create_xnnpack_backend(1)->description(), "\n");
  write_out(out);
  return 0;
}

}  // namespace verdict::cli
