// The process of the benchmark's engine "verdict-native": reads requests as JSON lines and answers
// each with one line; benchmarks/handler.mjs lists the operations.
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

class Handler {
 public:
  json operator()(const json& request) {
    const std::string op = request.at("op");
    if (op == "load") return load(request.at("model").at("folder"), request.at("options"));
    if (op == "prepare") {
      batches_.insert_or_assign(request.at("batch"), padded(request.at("rows")));
      return json::object();
    }
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
    return {{"time", std::move(time)}, {"detail", model_->backend().description()}};
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

  std::unique_ptr<SequenceClassifier> model_;
  std::shared_ptr<const PretrainedTokenizer> tokenizer_;
  std::map<std::string, ModelInputs> batches_;
  EncodeOptions encode_options_;
  std::vector<TextInput> texts_;
};

int serve() {
  Handler handle;
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

int main() { return verdict::serve(); }
