// The process of the benchmark's engine "verdict-native": reads requests as JSON lines and answers
// each with one line; benchmarks/handler.mjs lists the operations. With `--without PASS`, forward
// passes run a plan that was made without that pass over the graph ("none": with all of them).
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "verdict/auto/auto_model.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/graph/passes/passes.h"
#include "verdict/tokenizers/auto_tokenizer.h"

namespace verdict {
namespace {

using nlohmann::json;

/// Milliseconds that this thread has waited for a CPU so far.
double waited_ms() {
  std::ifstream file("/proc/thread-self/schedstat");
  double on_cpu = 0;
  double waited = 0;
  file >> on_cpu >> waited;
  return waited / 1e6;
}

/// Milliseconds that `call` takes, and of it what this thread waits for a CPU.
template <typename Call>
json timed(const Call& call) {
  const double waited_before = waited_ms();
  const auto start = std::chrono::steady_clock::now();
  call();
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  return {{"ms", elapsed.count()}, {"waited_ms", waited_ms() - waited_before}};
}

/// Padded inputs [rows, width] of rows of token ids.
ModelInputs padded(const std::vector<std::vector<std::int64_t>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.size());
  const std::vector<std::int64_t> shape{static_cast<std::int64_t>(rows.size()),
                                        static_cast<std::int64_t>(width)};
  Tensor ids(DType::kI64, shape);
  Tensor mask(DType::kI64, shape);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::copy(rows[r].begin(), rows[r].end(), ids.i64().subspan(r * width).begin());
    std::fill_n(mask.i64().subspan(r * width).begin(), rows[r].size(), 1);
  }
  ModelInputs inputs;
  inputs.emplace("token_type_ids", Tensor(DType::kI64, shape));
  inputs.emplace("input_ids", std::move(ids));
  inputs.emplace("attention_mask", std::move(mask));
  return inputs;
}

/// The same without padding.
graph::Batch ragged(const std::vector<std::vector<std::int64_t>>& rows) {
  graph::Batch batch;
  for (const auto& row : rows) {
    const auto size = static_cast<std::int32_t>(row.size());
    batch.width = std::max(batch.width, size);
    batch.offsets.push_back(batch.offsets.back() + size);
    for (std::int32_t column = 0; column < size; ++column) {
      batch.columns.push_back(column);
      batch.tokens["input_ids"].push_back(
          static_cast<std::int32_t>(row[static_cast<std::size_t>(column)]));
      batch.tokens["token_type_ids"].push_back(0);
    }
  }
  return batch;
}

/// The graph that gives the logits, after all passes but one.
graph::Graph optimized_without(const graph::Graph& declaration, const std::string& left_out) {
  using Pass = graph::Graph (*)(const graph::Graph&);
  constexpr std::pair<const char*, Pass> kPasses[] = {
      {"hoist_row_selection", graph::hoist_row_selection},
      {"fuse_linear_activation", graph::fuse_linear_activation},
      {"fuse_residual_norm", graph::fuse_residual_norm},
      {"merge_linears", graph::merge_linears},
  };
  graph::Graph out = graph::remove_dropout(
      graph::select_outputs(declaration, [](std::string_view name) { return name == "logits"; }));
  bool known = left_out == "none";
  for (const auto& [name, pass] : kPasses) {
    if (left_out == name) {
      known = true;
    } else {
      out = pass(out);
    }
  }
  if (!known)
    throw Error(ErrorCode::kInvalidArgument, concat("The pass \"", left_out, "\" is unknown."));
  return out;
}

class Handler {
 public:
  /// `without`: the pass that is left out; empty: the model runs as users run it.
  explicit Handler(std::string without) : without_(std::move(without)) {}

  json operator()(const json& request) {
    const std::string op = request.at("op");
    if (op == "load") return load(request.at("model").at("folder"), request.at("options"));
    if (op == "prepare") {
      batches_.insert_or_assign(request.at("batch"), padded(request.at("rows")));
      ragged_.insert_or_assign(request.at("batch"), ragged(request.at("rows")));
      return json::object();
    }
    if (op == "run" && context_) return run(ragged_.at(request.at("batch")));
    if (op == "run") return run(batches_.at(request.at("batch")));
    if (op == "load_tokenizer") {
      const std::string folder = request.at("model").at("folder");
      json time = timed([&] { tokenizer_ = AutoTokenizer::from_pretrained(folder); });
      encode_options_.return_offsets = true;
      encode_options_.use_word_cache = request.at("options").at("word_cache");
      return {{"time", std::move(time)}};
    }
    if (op == "prepare_texts") {
      texts_.clear();
      for (const json& text : request.at("texts")) texts_.push_back({text, std::nullopt});
      return json::object();
    }
    if (op == "tokenize") return tokenize(request.at("with_ids"));
    if (op == "dispose") {
      context_.reset();
      model_.reset();
      tokenizer_.reset();
      return json::object();
    }
    throw Error(ErrorCode::kInvalidArgument, concat("The operation \"", op, "\" is unknown."));
  }

 private:
  json load(const std::string& folder, const json& options) {
    FromPretrainedOptions given;
    given.dtype = options.at("dtype");
    given.threads = options.at("threads");
    json time =
        timed([&] { model_ = AutoModelForSequenceClassification::from_pretrained(folder, given); });
    if (!without_.empty()) {
      // The model outlives the plan.
      const std::shared_ptr<const Weights> weights(std::shared_ptr<const Weights>(),
                                                   &model_->weights());
      context_ = model_->backend()
                     .compile(optimized_without(model_->declaration(), without_), weights, 0)
                     ->create_context(false);
    }
    return {{"time", std::move(time)}, {"detail", model_->backend().description()}};
  }

  json run(const graph::Batch& batch) {
    json time = timed([&] { context_->run(batch); });
    return {{"time", std::move(time)}, {"logits", context_->output(0)}};
  }

  json run(const ModelInputs& inputs) {
    Tensor logits;
    json time = timed([&] { logits = model_->forward(inputs).logits; });
    return {{"time", std::move(time)}, {"logits", logits.f32()}};
  }

  json tokenize(bool with_ids) {
    std::vector<Encoding> encodings;
    json time = timed([&] {
      for (const TextInput& text : texts_)
        encodings.push_back(tokenizer_->encode(text, encode_options_));
    });
    json ids;
    if (with_ids) {
      for (const Encoding& encoding : encodings) ids.push_back(encoding.ids);
    }
    return {{"time", std::move(time)}, {"ids", std::move(ids)}};
  }

  std::string without_;
  std::unique_ptr<SequenceClassifier> model_;
  std::unique_ptr<Context> context_;
  std::shared_ptr<const PretrainedTokenizer> tokenizer_;
  std::map<std::string, ModelInputs> batches_;
  std::map<std::string, graph::Batch> ragged_;
  EncodeOptions encode_options_;
  std::vector<TextInput> texts_;
};

int serve(std::string without) {
  Handler handle(std::move(without));
  for (std::string line; std::getline(std::cin, line);) {
    json answer;
    try {
      answer = handle(parse_json(line, "standard input"));
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    std::cout << to_text(answer) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace verdict

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return verdict::serve("");
  if (arguments.size() == 2 && arguments[0] == "--without") return verdict::serve(arguments[1]);
  std::cerr << "Usage: verdict_benchmark [--without PASS]\n";
  return 2;
}
