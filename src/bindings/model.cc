#include "verdict/bindings/model.h"

#include "verdict/auto/classes.h"
#include "verdict/base/strings.h"

namespace verdict::bindings {

std::string Model::info() const {
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

std::string Model::forward(Tensors& inputs, const std::string& options, Tensors& outputs) {
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

std::string Model::train(bool mode) {
  return guarded([&] { return json(model_->train(mode).training()); });
}

std::string Model::named_parameters() const {
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

std::string Model::parameter(const std::string& name, Tensors& outputs) const {
  return guarded([&] {
    outputs.push(name, model_->parameter(name));
    return json();
  });
}

std::string Model::config_json() const {
  return guarded([&] { return json(model_->config_json()); });
}

std::string Model::counters() const {
  return guarded([&] {
    const Counters counters = model_->counters();
    return json{{"float_multiplications", counters.float_multiplications},
                {"int8_multiplications", counters.int8_multiplications},
                {"int16_multiplications", counters.int16_multiplications},
                {"padding_rows", counters.padding_rows},
                {"arena_bytes", model_->arena_bytes()}};
  });
}

}  // namespace verdict::bindings
