#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "support/errors.h"
#include "support/fixtures.h"
#include "support/machine.h"
#include "verdict/auto/classes.h"
#include "verdict/auto/save_pretrained.h"
#include "verdict/base/json.h"

namespace verdict::testing {
namespace {

using Auto = AutoModelForSequenceClassification;
using nlohmann::json;

std::string model_folder(const std::string& type) {
  return root_path("tests/fixtures/models/" + type);
}

/// A copy of a model's folder that a test may change.
class Copy {
 public:
  explicit Copy(const std::string& type) {
    for (const char* file : {"config.json", "model.safetensors"}) {
      std::filesystem::copy_file(model_folder(type) + "/" + file, path() + "/" + file);
      std::filesystem::permissions(path() + "/" + file, std::filesystem::perms::owner_all);
    }
  }
  const std::string& path() const { return folder_.path(); }
  std::string file(const std::string& name) const { return path() + "/" + name; }

  void write_weights(const std::map<std::string, Tensor, std::less<>>& tensors) const {
    std::vector<TensorWriter> writers;
    for (const auto& [name, tensor] : tensors) {
      writers.push_back({name, tensor.dtype(), tensor.shape(), [&t = tensor] { return t; }});
    }
    std::ofstream out(file("model.safetensors"), std::ios::binary | std::ios::trunc);
    write_safetensors(writers, [&](std::span<const std::byte> bytes) {
      out.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
    });
  }

 private:
  TemporaryFolder folder_;
};

ModelInputs inputs(std::vector<std::int64_t> ids) {
  const auto size = static_cast<std::int64_t>(ids.size());
  return {{"input_ids", Tensor::from_i64({1, size}, ids)}};
}

Tensor logits(const std::string& folder, const FromPretrainedOptions& options = {}) {
  return Auto::from_pretrained(folder, options)->forward(inputs({1, 5, 7, 2})).logits;
}

void expect_equal(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a.f32()[i], b.f32()[i]) << i;
}

TEST(AutoModel, CannotBeConstructed) {
  expect_error(
      ErrorCode::kInvalidArgument, [] { Auto model; }, "from_pretrained", "from_config");
}

TEST(AutoModel, ConcreteClassesTakeOnlyTheirType) {
  EXPECT_EQ(BertForSequenceClassification::from_pretrained(model_folder("bert"))->class_name(),
            "BertForSequenceClassification");
  expect_error(
      ErrorCode::kInvalidArgument,
      [] { BertForSequenceClassification::from_pretrained(model_folder("roberta")); }, "roberta",
      "RobertaForSequenceClassification");
}

TEST(AutoModel, RefusesWhatItDoesNotKnow) {
  const auto with = [](auto set) {
    FromPretrainedOptions options;
    set(options);
    return [options] { Auto::from_pretrained(model_folder("bert"), options); };
  };
  expect_error(ErrorCode::kInvalidArgument, with([](auto& o) { o.dtype = "int4"; }), "int4", "q8");
  if (!has_bf16()) {
    expect_error(ErrorCode::kUnsupported, with([](auto& o) { o.dtype = "bf16"; }), "bf16",
                 "AVX-512");
  }
  expect_error(ErrorCode::kUnsupported, with([](auto& o) { o.device = "tpu"; }), "tpu");
  expect_error(ErrorCode::kUnsupported, with([](auto& o) { o.from_tf = true; }), "from_tf");
  expect_error(ErrorCode::kInvalidArgument, with([](auto& o) { o.model_args = {1}; }),
               "model_args");
  expect_error(ErrorCode::kInvalidArgument, with([](auto& o) {
                 o.kwargs = {{"num_lables", 3}};
               }),
               "num_lables");
  expect_error(ErrorCode::kInvalidArgument, with([](auto& o) { o.threads = -1; }), "threads");
  expect_error(
      ErrorCode::kNotFound, [] { Auto::from_pretrained("/no/such/model"); }, "/no/such/model");
}

TEST(AutoModel, NamesAnUnknownModelType) {
  const Copy copy("bert");
  std::ofstream(copy.file("config.json")) << R"({"model_type": "mystery"})";
  expect_error(
      ErrorCode::kUnsupported, [&] { Auto::from_pretrained(copy.path()); }, "mystery", "bert");
}

TEST(AutoModel, ReadsEveryFloatStorage) {
  const Tensor expected = logits(model_folder("bert"));
  for (const DType dtype : {DType::kF16, DType::kBF16, DType::kF64}) {
    const Copy copy("bert");
    auto tensors = load_tensors(copy.file("model.safetensors"));
    for (auto& [name, tensor] : tensors) {
      Tensor stored(dtype, tensor.shape());
      for (std::size_t i = 0; i < tensor.size(); ++i) {
        std::byte* to = stored.bytes().data() + i * dtype_size(dtype);
        const double wide = tensor.f32()[i];
        const std::uint16_t half =
            dtype == DType::kF16 ? f32_to_f16(tensor.f32()[i]) : f32_to_bf16(tensor.f32()[i]);
        std::memcpy(to, dtype == DType::kF64 ? static_cast<const void*>(&wide) : &half,
                    dtype_size(dtype));
      }
      tensor = std::move(stored);
    }
    copy.write_weights(tensors);
    const Tensor actual = logits(copy.path());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(actual.f32()[i], expected.f32()[i], dtype == DType::kF64 ? 0 : 0.05)
          << dtype_name(dtype);
    }
  }
}

TEST(AutoModel, LoadsABaseModelWithAFreshHead) {
  const Copy copy("bert");
  std::map<std::string, Tensor, std::less<>> base;
  for (const auto& [name, tensor] : load_tensors(copy.file("model.safetensors"))) {
    if (starts_with(name, "bert.")) base.emplace(name.substr(5), tensor);
  }
  copy.write_weights(base);
  FromPretrainedOptions options;
  options.seed = 3;
  const auto model = Auto::from_pretrained(copy.path(), options);
  EXPECT_EQ(model->load_report().missing_keys,
            (std::vector<std::string>{"classifier.weight", "classifier.bias"}));
  // The same seed gives the same head, another one another.
  expect_equal(model->parameter("classifier.weight"),
               Auto::from_pretrained(copy.path(), options)->parameter("classifier.weight"));
  options.seed = 4;
  EXPECT_NE(model->parameter("classifier.weight").f32()[0],
            Auto::from_pretrained(copy.path(), options)->parameter("classifier.weight").f32()[0]);
}

TEST(AutoModel, ReportsNotANumberAndGoesOn) {
  const Copy copy("bert");
  auto tensors = load_tensors(copy.file("model.safetensors"));
  tensors.at("classifier.bias").f32()[0] = NAN;
  copy.write_weights(tensors);
  const auto model = Auto::from_pretrained(copy.path());
  EXPECT_EQ(model->load_report().non_finite_keys, std::vector<std::string>{"classifier.bias"});
  EXPECT_TRUE(std::isnan(model->forward(inputs({1, 2})).logits.f32()[0]));
}

TEST(AutoModel, RefusesATruncatedFile) {
  const Copy copy("bert");
  std::filesystem::resize_file(copy.file("model.safetensors"), 50000);
  expect_error(
      ErrorCode::kCorruptFile, [&] { Auto::from_pretrained(copy.path()); }, "model.safetensors");
}

TEST(AutoModel, AHugeConfigIsAnErrorAndNoCrash) {
  const auto config = PretrainedConfig::from_json({{"model_type", "bert"},
                                                   {"vocab_size", 2147483647},
                                                   {"hidden_size", 1048576},
                                                   {"num_attention_heads", 1}});
  expect_error(
      ErrorCode::kOutOfMemory, [&] { Auto::from_config(config); }, "memory",
      "bert.embeddings.word_embeddings.weight", "[2147483647, 1048576]");
  // Shared parameters, but no end of layers.
  const auto deep = PretrainedConfig::from_json(
      {{"model_type", "albert"}, {"num_hidden_layers", 10000}, {"inner_group_num", 10000}});
  expect_error(
      ErrorCode::kOutOfMemory, [&] { Auto::from_config(deep); }, "layers");
}

#ifdef __EMSCRIPTEN__
/// 4 GiB are all that there is; natively the same sizes are lent without a refusal.
TEST(OutOfMemory, LeavesTheProgramUsable) {
  const auto good = Auto::from_pretrained(model_folder("bert"));
  const Tensor expected = good->forward(inputs({1, 5, 7, 2})).logits;
  json config{{"model_type", "bert"},
              {"vocab_size", 16700000},
              {"hidden_size", 64},
              {"num_hidden_layers", 0},
              {"num_attention_heads", 2}};
  expect_error(
      ErrorCode::kOutOfMemory, [&] { Auto::from_config(PretrainedConfig::from_json(config)); },
      "Loading the model", "memory");

  // A text is never divided, a batch of several is.
  config.update({{"vocab_size", 10},
                 {"num_hidden_layers", 2},
                 {"intermediate_size", 65536},
                 {"max_position_embeddings", 65536}});
  const auto wide = Auto::from_config(PretrainedConfig::from_json(config));
  const Tensor large(DType::kI64, {1, 65536});
  expect_error(
      ErrorCode::kOutOfMemory,
      [&] {
        wide->forward({{"input_ids", large}});
      },
      "Running the model", "memory");
  EXPECT_EQ(wide->forward(inputs({1, 2})).logits.shape()[0], 1);
  expect_equal(good->forward(inputs({1, 5, 7, 2})).logits, expected);
}
#endif

TEST(AutoModel, StateDictTakesThePlaceOfTheFile) {
  FromPretrainedOptions options;
  options.state_dict.emplace();
  for (auto& [name, tensor] : Auto::from_pretrained(model_folder("electra"))->state_dict()) {
    options.state_dict->emplace(name, std::move(tensor));
  }
  const Copy copy("electra");
  std::filesystem::remove(copy.file("model.safetensors"));
  expect_equal(logits(copy.path(), options), logits(model_folder("electra")));
}

class EveryType : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryType, Int8StaysNear) {
  FromPretrainedOptions options;
  options.dtype = "q8";
  const auto quantised = Auto::from_pretrained(model_folder(GetParam()), options);
  const Tensor actual = quantised->forward(inputs({1, 5, 7, 2})).logits;
  const Tensor expected = logits(model_folder(GetParam()));
  double largest = 0;
  for (const float x : expected.f32()) largest = std::max(largest, double{std::fabs(x)});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    // Products of 32 terms average little: a real model is far nearer (see the evaluation test).
    EXPECT_NEAR(actual.f32()[i], expected.f32()[i], 0.15 * largest);
  }
  EXPECT_GT(quantised->counters().int8_multiplications, 0);
  expect_error(
      ErrorCode::kUnsupported, [&] { save_pretrained(*quantised, "/tmp/never"); }, "q8");
  expect_error(ErrorCode::kUnsupported, [&] { quantised->state_dict(); });
}

TEST_P(EveryType, TrainingDropsAndEvaluationDoesNot) {
  const auto model = Auto::from_pretrained(model_folder(GetParam()), [] {
    FromPretrainedOptions options;
    options.seed = 5;
    return options;
  }());
  const Tensor still = model->forward(inputs({1, 5, 7, 2})).logits;
  expect_equal(model->forward(inputs({1, 5, 7, 2})).logits, still);
  EXPECT_FALSE(model->training());
  EXPECT_TRUE(model->train().training());
  model->eval();
  expect_equal(model->forward(inputs({1, 5, 7, 2})).logits, still);
}

INSTANTIATE_TEST_SUITE_P(Models, EveryType,
                         ::testing::Values("albert", "bert", "camembert", "distilbert", "electra",
                                           "roberta", "xlm-roberta"),
                         [](const auto& type) {
                           std::string name = type.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Training, DropoutChangesTheAnswer) {
  FromPretrainedOptions options;
  options.kwargs = {{"hidden_dropout_prob", 0.4}, {"attention_probs_dropout_prob", 0.4}};
  const auto model = Auto::from_pretrained(model_folder("bert"), options);
  model->train();
  const float first = model->forward(inputs({1, 5, 7, 2})).logits.f32()[0];
  const float second = model->forward(inputs({1, 5, 7, 2})).logits.f32()[0];
  EXPECT_NE(first, second);
}

TEST(FromConfig, InitialisesAsTheReference) {
  const auto config = PretrainedConfig::from_json({{"model_type", "bert"},
                                                   {"vocab_size", 500},
                                                   {"hidden_size", 128},
                                                   {"num_hidden_layers", 1},
                                                   {"num_attention_heads", 2},
                                                   {"intermediate_size", 256},
                                                   {"initializer_range", 0.1}});
  const auto model = Auto::from_config(config);
  const auto moments = [&](const char* name) {
    const Tensor tensor = model->parameter(name);
    double sum = 0;
    double squares = 0;
    for (const float x : tensor.f32()) {
      sum += x;
      squares += double{x} * x;
    }
    const auto n = static_cast<double>(tensor.size());
    return std::pair(sum / n, std::sqrt(squares / n));
  };
  const auto [mean, deviation] = moments("bert.encoder.layer.0.intermediate.dense.weight");
  EXPECT_NEAR(mean, 0, 0.002);
  EXPECT_NEAR(deviation, 0.1, 0.003);
  EXPECT_EQ(moments("bert.encoder.layer.0.output.dense.bias").second, 0);
  EXPECT_EQ(moments("bert.encoder.layer.0.output.LayerNorm.weight").first, 1);
  const Tensor words = model->parameter("bert.embeddings.word_embeddings.weight");
  EXPECT_EQ(words.f32()[0], 0.0f);
  EXPECT_NE(words.f32()[128], 0.0f);
  EXPECT_FALSE(model->training());
}

/// Multiplications of one row of 64 tokens, without and with the passes' dropped rows: requested
/// states are computed whole.
void expect_dropped_rows(const nlohmann::json& config, double least_saving) {
  const auto model = Auto::from_config(PretrainedConfig::from_json(config));
  ModelInputs inputs;
  inputs.emplace("input_ids", Tensor::from_i64({1, 64}, std::vector<std::int64_t>(64, 5)));
  model->forward(inputs);
  const auto pooled = static_cast<double>(model->counters().float_multiplications);
  ForwardOptions everything;
  everything.output_hidden_states = true;
  model->forward(inputs, everything);
  const double all = static_cast<double>(model->counters().float_multiplications) - pooled;
  EXPECT_LE(pooled, (1 - least_saving) * all);
}

TEST(Forward, DropsTheRowsThatNobodyReads) {
  expect_dropped_rows({{"model_type", "bert"},
                       {"vocab_size", 16},
                       {"hidden_size", 384},
                       {"num_hidden_layers", 6},
                       {"intermediate_size", 1536}},
                      0.12);
  expect_dropped_rows({{"model_type", "bert"}, {"vocab_size", 16}}, 0.06);
}

TEST(Forward, RefusesWrongInputs) {
  const auto model = Auto::from_pretrained(model_folder("bert"));
  const auto run = [&](ModelInputs more, std::vector<std::int64_t> ids = {1, 2, 3}) {
    ModelInputs all = inputs(std::move(ids));
    all.merge(more);
    return [&model, all] { model->forward(all); };
  };
  const auto row = [](std::vector<std::int64_t> values) {
    const auto size = static_cast<std::int64_t>(values.size());
    return Tensor::from_i64({1, size}, values);
  };
  const auto invalid = ErrorCode::kInvalidArgument;
  expect_error(invalid, run({}, {1, 99999}), "input_ids", "99999", "column 1");
  expect_error(invalid, run({}, {1, -1}), "input_ids", "-1");
  expect_error(invalid, run({}, {}), "Row 0");
  expect_error(invalid, run({{"attention_mask", row({0, 0, 0})}}), "attention_mask", "Row 0");
  expect_error(invalid, run({{"attention_mask", row({1, 2, 1})}}), "attention_mask", "2");
  expect_error(invalid, run({{"attention_mask", row({1, 1})}}), "[1, 2]", "[1, 3]");
  expect_error(invalid, run({{"token_type_ids", row({0, 9, 0})}}), "token_type_ids", "9");
  expect_error(invalid, run({{"bbox", row({0, 0, 0})}}), "bbox", "token_type_ids");
  expect_error(invalid, run({{"position_ids", row({0, 1, 9999})}}), "position_ids", "9999");
  expect_error(
      invalid,
      [&] {
        model->forward({{"attention_mask", row({1})}});
      },
      "input_ids");
  expect_error(
      invalid,
      [&] {
        model->forward({{"input_ids", Tensor(DType::kI64, {3})}});
      },
      "[3]");
  expect_error(
      invalid,
      [&] {
        model->forward({{"input_ids", Tensor(DType::kF32, {1, 3})}});
      },
      "F32");
  const auto output = model->forward(inputs({1, 2}));
  expect_error(
      invalid, [&] { output.hidden_states(); }, "output_hidden_states");
}

TEST(Forward, ConfigAsksForStatesToo) {
  FromPretrainedOptions options;
  options.kwargs = {{"output_hidden_states", true}};
  const auto model = Auto::from_pretrained(model_folder("bert"), options);
  EXPECT_EQ(model->forward(inputs({1, 2})).hidden_states().size(), 3u);
  ForwardOptions without;
  without.output_hidden_states = false;
  EXPECT_TRUE(model->forward(inputs({1, 2}), without).states.empty());
}

/// Larger batches run in parts, which take the memory of one.
TEST(Forward, BoundsTheMemoryOfLargeBatches) {
  FromPretrainedOptions options;
  options.threads = 1;
  const auto model = Auto::from_pretrained(model_folder("bert"), options);
  const auto run = [&](std::int64_t rows, std::int64_t last_id) {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(rows) * 32, 5);
    ids.back() = last_id;
    model->forward({{"input_ids", Tensor::from_i64({rows, 32}, ids)}});
    return model->arena_bytes();
  };
  const std::int64_t some = run(model->backend().most_useful_tokens() / 32, 5);
  EXPECT_LE(run(400, 5), some * 11 / 10);
  expect_error(
      ErrorCode::kInvalidArgument, [&] { run(400, 9999); }, "9999", "row 399", "column 31");
}

#if VERDICT_HAS_THREADS
/// Whether all threads run one part after another, or each thread parts of its own.
TEST(Forward, LargeBatchesAreTheSameOnAnyNumberOfThreads) {
  const auto run = [](std::int64_t rows, int threads, std::int64_t last_id = 5) {
    FromPretrainedOptions options;
    options.threads = threads;
    const auto model = Auto::from_pretrained(model_folder("bert"), options);
    std::vector<std::int64_t> ids;
    for (std::int64_t i = 0; i < rows * 32; ++i) ids.push_back(1 + i * 7 % 101);
    ids.back() = last_id;
    const ModelInputs inputs{{"input_ids", Tensor::from_i64({rows, 32}, ids)}};
    const Tensor first = model->forward(inputs).logits;
    const std::int64_t count = model->counters().float_multiplications;
    expect_equal(model->forward(inputs).logits, first);
    EXPECT_EQ(model->counters().float_multiplications, 2 * count);
    return std::pair{first, count};
  };
  for (const std::int64_t rows : {24, 100}) {
    const auto expected = run(rows, 1);
    for (const int threads : {2, 3, 8}) {
      const auto actual = run(rows, threads);
      EXPECT_EQ(actual.second, expected.second);
      for (std::size_t i = 0; i < expected.first.size(); ++i)
        EXPECT_NEAR(actual.first.f32()[i], expected.first.f32()[i], 1e-5);
    }
  }
  expect_error(
      ErrorCode::kInvalidArgument, [&] { run(100, 2, 9999); }, "9999", "row 99");
}
#endif

TEST(Forward, AMaskWithHolesDropsTokensAndKeepsColumns) {
  const auto model = Auto::from_pretrained(model_folder("bert"));
  ModelInputs holes = inputs({1, 5, 7, 2});
  holes.emplace("attention_mask", Tensor::from_i64({1, 4}, std::vector<std::int64_t>{1, 0, 1, 1}));
  ModelInputs given = inputs({1, 7, 2});
  given.emplace("position_ids", Tensor::from_i64({1, 3}, std::vector<std::int64_t>{0, 2, 3}));
  expect_equal(model->forward(holes).logits, model->forward(given).logits);
}

TEST(Forward, ThreadsAndConcurrentCallersAgree) {
  const Tensor expected = logits(model_folder("bert"));
#if VERDICT_HAS_THREADS
  FromPretrainedOptions options;
  options.threads = 2;
  const auto model = Auto::from_pretrained(model_folder("bert"), options);
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        const Tensor actual = model->forward(inputs({1, 5, 7, 2})).logits;
        for (std::size_t j = 0; j < actual.size(); ++j) {
          ASSERT_NEAR(actual.f32()[j], expected.f32()[j], 1e-5);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
#else
  FromPretrainedOptions options;
  options.threads = 2;
  expect_error(
      ErrorCode::kUnsupported, [&] { logits(model_folder("bert"), options); }, "threads");
#endif
}

TEST(Loss, InfersTheProblemTypeAndKeepsIt) {
  const auto model = Auto::from_pretrained(model_folder("bert"));
  ModelInputs labelled = inputs({1, 2, 3});
  labelled.emplace("labels", Tensor::from_i64({1}, std::vector<std::int64_t>{2}));
  EXPECT_GT(model->forward(labelled).loss.value(), 0);
  EXPECT_EQ(model->config().problem_type(), ProblemType::kSingleLabelClassification);
  labelled.insert_or_assign("labels", Tensor::from_i64({1}, std::vector<std::int64_t>{3}));
  expect_error(
      ErrorCode::kInvalidArgument, [&] { model->forward(labelled); }, "label 3", "0 to 2");
  labelled.insert_or_assign("labels", Tensor::from_i64({2}, std::vector<std::int64_t>{0, 1}));
  expect_error(
      ErrorCode::kInvalidArgument, [&] { model->forward(labelled); }, "[2]");
  // Integer labels for several outputs are not taken for regression silently.
  const auto other = Auto::from_pretrained(model_folder("bert"));
  labelled.insert_or_assign("labels", Tensor::from_f32({1, 3}, std::vector<float>{1, 0, 1}));
  EXPECT_GT(other->forward(labelled).loss.value(), 0);
  EXPECT_EQ(other->config().problem_type(), ProblemType::kMultiLabelClassification);
}

}  // namespace
}  // namespace verdict::testing
