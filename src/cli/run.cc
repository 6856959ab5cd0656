#include "verdict/base/error.h"
#include "verdict/base/file_writer.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/safetensors.h"
#include "verdict/cli/commands.h"

namespace verdict::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    kFromTf,
    kFromFlax,
    kConfig,
    {"--inputs", "FILE", "safetensors file with the arguments"},
    {"--outputs", "FILE", "safetensors file to write"},
    {"--case", "NAME", "take NAME.input_ids, … and write NAME.logits, …"},
    {"--hidden-states", "", "write the hidden states too"},
    {"--attentions", "", "write the attentions too"},
    {"--labels", "KEY", "compute the loss with this tensor of the inputs"},
    {"--problem-type", "P",
     "regression, single_label_classification or multi_label_classification"},
    {"--dtype", "D", "f32, q8, bf16 (AVX-512) or auto (default): q8 if stored so, else f32"},
    {"--threads", "N", "threads; 0: one a core (default)"},
};

using Tensors = std::map<std::string, Tensor, std::less<>>;

/// The arguments of a case, or of a file without cases: tensors whose names have no dot.
ModelInputs select_inputs(const Tensors& tensors, const std::string& prefix) {
  ModelInputs inputs;
  for (const auto& [name, tensor] : tensors) {
    if (!starts_with(name, prefix)) continue;
    const std::string argument = name.substr(prefix.size());
    if (prefix.empty() && argument.find('.') != std::string::npos) continue;
    inputs.emplace(argument, tensor);
  }
  return inputs;
}

}  // namespace

const CommandSpec kRun{
    "verdict run", "MODEL --inputs FILE --outputs FILE [options]",
    "Runs the model in the folder MODEL on raw tensors. Arguments and outputs have the names of "
    "the\n"
    "reference: input_ids, attention_mask, … and logits, hidden_states.0, attentions.0, loss.",
    kOptions,
    "Without --case, the arguments are the tensors whose names have no dot. Every one is passed "
    "to\n"
    "the model: a name that it does not know is an error. Tensors of other cases are ignored.\n"
    "A classification head that the checkpoint lacks is initialised afresh, with a warning."};

int run(const Arguments& arguments) {
  const std::string source = model_operand(arguments);
  const std::string inputs_path = arguments.require("--inputs");
  const std::string outputs_path = arguments.require("--outputs");
  const auto name = arguments.get("--case");
  const std::string prefix = name ? concat(*name, ".") : "";

  const Tensors tensors = read_safetensors(*open_file(inputs_path));
  ModelInputs inputs = select_inputs(tensors, prefix);
  if (inputs.empty()) {
    throw Error(ErrorCode::kNotFound,
                concat("\"", inputs_path, "\" has no tensor \"", prefix, "input_ids\"."));
  }
  if (const auto key = arguments.get("--labels")) {
    const auto labels = tensors.find(*key);
    if (labels == tensors.end()) {
      throw Error(ErrorCode::kNotFound,
                  concat("\"", inputs_path, "\" has no tensor \"", *key, "\"."));
    }
    inputs.insert_or_assign("labels", labels->second);
  }

  FromPretrainedOptions options = model_options(arguments);
  if (arguments.has("--problem-type")) {
    options.kwargs["problem_type"] =
        problem_type_name(arguments.parsed("--problem-type", "", problem_type_from_name));
  }
  const auto model = AutoModelForSequenceClassification::from_pretrained(source, options);
  if (const std::string report = model->load_report().to_string(); !report.empty()) warn(report);

  ForwardOptions forward;
  forward.output_hidden_states = arguments.has("--hidden-states");
  forward.output_attentions = arguments.has("--attentions");
  const SequenceClassifierOutput output = model->forward(inputs, forward);

  std::vector<TensorWriter> writers;
  const auto add = [&](std::string tensor_name, Tensor tensor) {
    TensorWriter writer{std::move(tensor_name), tensor.dtype(), tensor.shape(), {}};
    writer.data = [tensor = std::move(tensor)] { return tensor; };
    writers.push_back(std::move(writer));
  };
  add(prefix + "logits", output.logits);
  for (const auto& [group, states] : output.states) {
    for (std::size_t i = 0; i < states.size(); ++i) add(concat(prefix, group, ".", i), states[i]);
  }
  for (const auto& [field, tensor] : output.tensors) add(prefix + field, tensor);
  if (output.loss) {
    Tensor loss(DType::kF64, {1});
    std::memcpy(loss.bytes().data(), &*output.loss, sizeof(double));
    add("loss", std::move(loss));
  }
  FileWriter file(outputs_path);
  write_safetensors(writers, [&](std::span<const std::byte> bytes) { file.write(bytes); });
  file.commit();
  return 0;
}

}  // namespace verdict::cli
