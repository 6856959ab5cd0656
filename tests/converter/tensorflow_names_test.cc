// Names of TensorFlow's checkpoints: every case of checkpoints/tf1 and tf2 maps to the parameters
// of its model, and where the data are there it answers as its source model did.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/bundles.h"
#include "support/errors.h"
#include "verdict/base/checked.h"
#include "verdict_convert/formats/numpy_parameters.h"
#include "verdict_convert/name_map.h"
#include "verdict_convert/names/names.h"
#include "verdict_convert/original_config.h"

namespace verdict::testing {
namespace {

using convert::NameMap;
using convert::SkipReason;
using Shapes = std::map<std::string, std::vector<std::int64_t>>;

bool is_registered(const std::string& type) {
  return std::ranges::find(model_types(), type, &ModelType::name) != model_types().end();
}

/// The parameters of a case's classifier, as far as this machine knows them: of the model, or of
/// the reference's fixture of the same type; empty: of neither.
Shapes known_parameters(const PretrainedConfig& config) {
  Shapes shapes;
  const std::string type = config.model_type();
  if (is_registered(type)) {
    for (const ExpectedParameter& parameter : expected_parameters(config)) {
      if (!parameter.is_computed) shapes[parameter.name] = parameter.shape;
    }
    return shapes;
  }
  const std::string file = fixtures_path(concat("models/", type, "/model.safetensors"));
  if (!std::filesystem::exists(file)) return shapes;
  for (const TensorInfo& tensor : read_safetensors_header(*open_file(file)).tensors)
    shapes[tensor.name] = tensor.shape;
  return shapes;
}

struct MappedCase {
  NameMap map;
  std::unique_ptr<CheckpointReader> reader;
};

MappedCase map_bundle(convert::TensorBundle bundle, const PretrainedConfig& config) {
  std::vector<ExpectedParameter> expected;
  if (is_registered(config.model_type())) expected = expected_parameters(config);
  const convert::Naming naming{config, expected};
  const auto stored = bundle.reader->tensors();
  NameMap map = bundle.object_based ? convert::map_tensorflow2(stored, bundle.full_names, naming)
                                    : convert::map_tensorflow1(stored, naming);
  EXPECT_FALSE(map.mapped.empty());
  return {map, mapped_checkpoint(std::move(bundle.reader), map)};
}

/// Every parameter of the base model, and the head where the file holds it, with its shape; nothing
/// that the model lacks.
void expect_parameters(std::span<const TensorInfo> tensors, Shapes known,
                       const std::vector<std::string>& newly_initialised) {
  for (const TensorInfo& tensor : tensors) {
    const auto found = known.find(tensor.name);
    if (found == known.end()) {
      ADD_FAILURE() << "invented or twice: " << tensor.name;
      continue;
    }
    EXPECT_EQ(tensor.shape, found->second) << tensor.name;
    known.erase(found);
  }
  std::vector<std::string> missing;
  for (const auto& [name, shape] : known) missing.push_back(name);
  auto expected = newly_initialised;
  std::ranges::sort(expected);
  EXPECT_EQ(missing, expected);
}

class TensorFlowNames : public ::testing::TestWithParam<std::string> {};

TEST_P(TensorFlowNames, AreTheModelsParameters) {
  const BundleCase checkpoint(GetParam());
  const auto config = PretrainedConfig::from_json(checkpoint.config);
  auto bundle = checkpoint.open();
  const std::size_t count = bundle.reader->tensors().size();
  std::vector<std::string> names;
  for (const TensorInfo& tensor : bundle.reader->tensors()) names.push_back(tensor.name);
  const MappedCase mapped = map_bundle(std::move(bundle), config);
  const auto missing = checkpoint.meta.value("newly_initialised", std::vector<std::string>());
  if (const Shapes known = known_parameters(config); !known.empty()) {
    expect_parameters(mapped.reader->tensors(), known, missing);
  }
  for (const TensorInfo& tensor : mapped.reader->tensors())
    EXPECT_EQ(std::ranges::count(missing, tensor.name), 0) << tensor.name;

  // Each stored tensor is mapped or skipped, for a reason.
  std::set<std::size_t> seen;
  for (const convert::MappedTensor& tensor : mapped.map.mapped) seen.insert(tensor.stored);
  for (const convert::SkippedTensor& skipped : mapped.map.skipped) {
    EXPECT_TRUE(seen.insert(skipped.stored).second) << names[skipped.stored];
    const std::string& name = names[skipped.stored];
    const bool is_leftover = starts_with(name, "training/");
    EXPECT_EQ(skipped.reason == SkipReason::kUnknown, is_leftover) << name;
    const bool is_original_head =
        starts_with(name, "task_specific/") || starts_with(name, "bert/classifier/");
    EXPECT_EQ(skipped.reason == SkipReason::kUnrepresentable, is_original_head) << name;
  }
  EXPECT_EQ(seen.size(), count);
}

TEST_P(TensorFlowNames, AnswerAsTheSourceModel) {
  const BundleCase checkpoint(GetParam());
  if (!checkpoint.has_data) return;
  const CheckpointFolder folder(GetParam());
  if (!folder.is_registered()) return;
  const MappedCase mapped = map_bundle(checkpoint.open(), folder.config);
  expect_answers(folder, *load_checkpoint(folder.config, *mapped.reader));
}

INSTANTIATE_TEST_SUITE_P(All, TensorFlowNames, ::testing::ValuesIn(bundle_cases()),
                         bundle_test_name);

/// What a case's variables of one model's size become, of types that may have no fixture.
TEST(TensorFlow1Names, KnowTypesWithoutAModel) {
  const std::map<std::string, Shapes> samples{
      {"big_bird__pretrained_3d",
       {{"bert.embeddings.LayerNorm.weight", {32}},
        {"bert.encoder.layer.1.attention.self.query.weight", {32, 32}},
        {"bert.encoder.layer.0.attention.self.key.bias", {32}},
        {"bert.encoder.layer.0.attention.output.dense.weight", {32, 32}},
        {"bert.encoder.layer.0.output.dense.weight", {32, 48}},
        {"bert.pooler.weight", {32, 32}}}},
      {"bigbird_pegasus__pretrained",
       {{"model.shared.weight", {120, 32}},
        {"model.encoder.embed_positions.weight", {64, 32}},
        {"model.decoder.embed_positions.weight", {64, 32}},
        {"model.encoder.layernorm_embedding.bias", {32}},
        {"model.encoder.layers.1.self_attn.output.weight", {32, 32}},
        {"model.decoder.layers.1.encoder_attn.out_proj.weight", {32, 32}},
        {"model.decoder.layers.0.encoder_attn_layer_norm.weight", {32}},
        {"model.decoder.layers.0.fc1.weight", {48, 32}}}},
      {"canine__pretrained",
       {{"canine.char_embeddings.HashBucketCodepointEmbedder_3.weight", {40, 8}},
        {"canine.char_embeddings.token_type_embeddings.weight", {16, 32}},
        {"canine.chars_to_molecules.conv.weight", {32, 32, 4}},
        {"canine.projection.conv.weight", {32, 64, 4}},
        {"canine.encoder.layer.1.intermediate.dense.weight", {48, 32}},
        {"canine.initial_char_encoder.layer.0.attention.self.value.weight", {32, 32}},
        {"canine.pooler.dense.weight", {32, 32}}}},
      {"funnel__classifier",
       {{"funnel.encoder.blocks.0.0.attention.q_head.weight", {32, 32}},
        {"funnel.encoder.blocks.1.1.attention.k_head.bias", {32}},
        {"funnel.encoder.blocks.1.0.attention.r_kernel", {32, 4, 8}},
        {"funnel.encoder.blocks.1.1.ffn.linear_2.weight", {32, 48}},
        {"classifier.linear_hidden.weight", {32, 32}},
        {"classifier.linear_out.weight", {3, 32}}}},
      {"tapas__classifier_columns",
       {{"tapas.embeddings.token_type_embeddings_6.weight", {10, 32}},
        {"tapas.encoder.layer.1.output.LayerNorm.bias", {32}},
        {"classifier.weight", {3, 32}}}},
  };
  for (const auto& [name, shapes] : samples) {
    const BundleCase checkpoint("tf_names/" + name);
    const auto config = PretrainedConfig::from_json(checkpoint.config);
    Shapes mapped;
    const auto reader = map_bundle(checkpoint.open(), config).reader;
    for (const TensorInfo& tensor : reader->tensors()) mapped[tensor.name] = tensor.shape;
    for (const auto& [parameter, shape] : shapes) {
      ASSERT_TRUE(mapped.contains(parameter)) << parameter;
      EXPECT_EQ(mapped[parameter], shape) << parameter;
    }
  }
}

TensorInfo variable(std::string name, std::vector<std::int64_t> shape) {
  const auto bytes = static_cast<std::uint64_t>(element_count(shape).value()) * 4;
  return {std::move(name), DType::kF32, std::move(shape), 0, bytes};
}

NameMap map_variables(const std::vector<TensorInfo>& stored, const nlohmann::json& config) {
  const auto parsed = PretrainedConfig::from_json(config);
  return convert::map_tensorflow1(stored, {parsed, {}});
}

TEST(TensorFlow1Names, SkipWithTheirReason) {
  const std::vector<std::pair<std::string, SkipReason>> expected{
      {"bert/pooler/dense/kernel/adam_m", SkipReason::kOptimizer},
      {"module/bert/pooler/dense/kernel/Adam_1", SkipReason::kOptimizer},
      {"bert/pooler/dense/kernel/AdamWeightDecayOptimizer_1", SkipReason::kOptimizer},
      {"shared/embedding_slot_vc", SkipReason::kOptimizer},
      {"encoder/x_slot_vc", SkipReason::kOptimizer},
      {"beta1_power", SkipReason::kOptimizer},
      {"global_step", SkipReason::kCounter},
      {"cls/predictions/output_bias", SkipReason::kPreTrainingHead},
      {"bert/encoder/layer_x/output/dense/kernel", SkipReason::kUnknown},
      {"bert/encoder/layer_1234567/output/dense/kernel", SkipReason::kUnknown},
      {"bert/pooler/dense", SkipReason::kUnknown},
      {"", SkipReason::kUnknown},
      {"bert//", SkipReason::kUnknown},
  };
  std::vector<TensorInfo> stored;
  for (const auto& [name, reason] : expected) stored.push_back(variable(name, {1}));
  const NameMap map = map_variables(stored, {{"model_type", "bert"}});
  EXPECT_TRUE(map.mapped.empty());
  ASSERT_EQ(map.skipped.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(map.skipped[i].reason, expected[i].second) << expected[i].first;
}

TEST(TensorFlow1Names, RefuseWhatCannotBe) {
  expect_error(
      ErrorCode::kCorruptFile,
      [] {
        map_variables({variable("bert/pooler/dense/kernel", {4})}, {{"model_type", "bert"}});
      },
      "bert/pooler/dense/kernel", "[4]");
  expect_error(
      ErrorCode::kCorruptFile,
      [] {
        map_variables({variable("bert/encoder/layer_1/output/dense/bias", {4}),
                       variable("module/bert/encoder/layer_01/output/dense/bias", {4})},
                      {{"model_type", "bert"}});
      },
      "twice", "layer_01");
  expect_error(
      ErrorCode::kUnsupported,
      [] {
        map_variables({variable("a", {4})}, {{"model_type", "distilbert"}});
      },
      "distilbert", "electra");
  expect_error(
      ErrorCode::kCorruptFile,
      [] {
        map_variables({variable("model/transformer/r_w_bias", {3, 4, 8})},
                      {{"model_type", "xlnet"}, {"n_layer", 2}});
      },
      "r_w_bias", "[3, 4, 8]");
}

/// The head's rows, and layers' tables, are views of what is stored.
TEST(TensorFlow1Names, CutTables) {
  const NameMap neo = map_variables({variable("gpt2/wte", {128, 8})},
                                    {{"model_type", "gpt_neo"}, {"vocab_size", 120}});
  ASSERT_EQ(neo.mapped.size(), 1u);
  EXPECT_EQ(neo.mapped[0].shape, (std::vector<std::int64_t>{120, 8}));
  EXPECT_EQ(neo.mapped[0].count, 120);
  const NameMap split = map_variables({variable("model/transformer/seg_embed", {2, 2, 4, 8})},
                                      {{"model_type", "xlnet"}, {"n_layer", 2}});
  ASSERT_EQ(split.mapped.size(), 2u);
  EXPECT_EQ(split.mapped[1].name, "transformer.layer.1.rel_attn.seg_embed");
  EXPECT_EQ(split.mapped[1].first, 1);
  EXPECT_EQ(split.mapped[1].shape, (std::vector<std::int64_t>{2, 4, 8}));
}

TEST(TensorFlow2Names, SkipTrainingAndNameForeignModels) {
  const std::vector<TensorInfo> stored{
      variable("model/x/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE", {1}),
      variable("optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE", {1}),
      variable("save_counter/.ATTRIBUTES/VARIABLE_VALUE", {1}),
      variable("model/layer_with_weights-x/kernel/.ATTRIBUTES/VARIABLE_VALUE", {1}),
      variable("model/kernel/.ATTRIBUTES/VARIABLE_VALUE", {1})};
  const std::vector<std::string> names{"", "", "", "kernel", "kernel"};
  const auto config = PretrainedConfig::from_json({{"model_type", "bert"}});
  const NameMap map = convert::map_tensorflow2(stored, names, {config, {}});
  std::vector<SkipReason> reasons;
  for (const auto& skipped : map.skipped) reasons.push_back(skipped.reason);
  EXPECT_EQ(reasons,
            (std::vector{SkipReason::kOptimizer, SkipReason::kOptimizer, SkipReason::kCounter,
                         SkipReason::kUnknown, SkipReason::kUnknown}));
  const auto other = PretrainedConfig::from_json({{"model_type", "electra"}});
  expect_error(
      ErrorCode::kUnsupported,
      [&] {
        convert::map_tensorflow2(
            std::vector{variable("model/layer_with_weights-0/embeddings", {4, 4})},
            std::vector<std::string>{"embeddings"}, {other, {}});
      },
      "model garden", "electra");
}

std::vector<std::byte> text_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// A release of ten arrays of `size` numbers, which count on from 0.
std::vector<std::pair<std::string, std::vector<std::byte>>> numpy_release(int size) {
  std::vector<std::pair<std::string, std::vector<std::byte>>> files;
  float next = 0;
  for (int i = 0; i < 10; ++i) {
    std::string header =
        concat("{'descr': '<f4', 'fortran_order': False, 'shape': (", size, ",), }");
    header.resize(117, ' ');
    header += '\n';
    std::string file = concat(std::string("\x93NUMPY\x01\0", 8), "v", std::string(1, '\0'), header);
    for (int j = 0; j < size; ++j, ++next) {
      std::string number(4, '\0');
      std::memcpy(number.data(), &next, 4);
      file += number;
    }
    files.emplace_back(concat("params_", i, ".npy"), text_bytes(file));
  }
  return files;
}

TEST(NumpyParameters, AreCutByTheirShapes) {
  auto release = numpy_release(3);
  release.emplace_back("params_shapes.json", text_bytes("[[2, 4], [3, 4], [1, 2, 5]]"));
  release.emplace_back("parameters_names.json",
                       text_bytes(R"(["model/we:0", "model/h0/attn/c_attn/w:0"])"));
  const auto files = memory_files(release, "gpt");
  const auto reader = convert::open_numpy_parameters(*files);
  ASSERT_EQ(reader->tensors().size(), 3u);
  const auto config = PretrainedConfig::from_json({{"model_type", "openai-gpt"}});
  const auto stored = reader->tensors();
  const NameMap map = convert::map_tensorflow1(stored, {config, {}});
  ASSERT_EQ(map.mapped.size(), 3u);
  EXPECT_EQ(map.mapped[0].name, "transformer.positions_embed.weight");
  EXPECT_EQ(map.mapped[1].name, "transformer.tokens_embed.weight");
  EXPECT_EQ(map.mapped[2].name, "transformer.h.0.attn.c_attn.weight");
  EXPECT_EQ(map.mapped[2].shape, (std::vector<std::int64_t>{2, 5}));
  float next = 0;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::vector<float> values(static_cast<std::size_t>(stored[i].byte_size()) / 4);
    reader->read(i, std::as_writable_bytes(std::span(values)));
    for (const float value : values) EXPECT_EQ(value, next++);
  }
  EXPECT_EQ(next, 30);
}

TEST(NumpyParameters, RefuseWhatDoesNotFit) {
  const auto open = [](const std::string& shapes, const std::string& names, int changed,
                       std::size_t at) {
    auto release = numpy_release(3);
    if (changed >= 0) release[static_cast<std::size_t>(changed)].second.at(at) ^= std::byte{1};
    release.emplace_back("params_shapes.json", text_bytes(shapes));
    release.emplace_back("parameters_names.json", text_bytes(names));
    const auto files = memory_files(release, "gpt");
    convert::open_numpy_parameters(*files);
  };
  const std::string names = R"(["model/we:0"])";
  open("[[2, 4], [22]]", names, -1, 0);
  for (const std::string shapes :
       {"[[2, 4], [23]]", "[[2, 4], [21]]", "[[2, 4]]", "[[2, 4], [11], [11]]", "[[2, 4], [-1]]",
        "[[2, 4], [4294967296]]", "[[2, 4], 22]", "{}",
        "[[1073741824, 1073741824, 1073741824], [1]]"}) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { open(shapes, names, -1, 0); }, "params_shapes.json");
  }
  expect_error(
      ErrorCode::kCorruptFile, [&] { open("[[2, 4], [22]]", names, 3, 1); }, "params_3.npy",
      "byte 0");
  expect_error(
      ErrorCode::kCorruptFile, [&] { open("[[2, 4], [22]]", names, 4, 22); }, "params_4.npy",
      "float32");
  expect_error(
      ErrorCode::kNotFound, [] { convert::open_numpy_parameters(*memory_files({}, "gpt")); },
      "params_0.npy");
}

TEST(NumpyParameters, GiveThePublishedModel) {
  for (const std::string& name : checkpoint_folders("tf1")) {
    if (!ends_with(name, "__numpy")) continue;
    const CheckpointFolder folder(name);
    const auto files = open_folder(folder.path);
    auto reader = convert::open_numpy_parameters(*files);
    const auto stored = reader->tensors();
    NameMap map = convert::map_tensorflow1(stored, {folder.config, {}});
    EXPECT_TRUE(map.skipped.empty());
    const auto mapped = mapped_checkpoint(std::move(reader), std::move(map));
    expect_parameters(mapped->tensors(), known_parameters(folder.config),
                      folder.newly_initialised());
  }
}

/// An original config says nothing else than the reference's of the same model.
void expect_same_config(const std::string& file, const nlohmann::json& canonical,
                        const nlohmann::json& reference) {
  for (const auto& [key, value] : canonical.items()) {
    // What their file has counts rows that the reference's table does not have, and macros do not
    // tell of a gate.
    if (reference.at("model_type") == "gpt_neo" && key == "vocab_size") continue;
    EXPECT_EQ(value, reference.value(key, nlohmann::json())) << file << ' ' << key;
  }
}

TEST(OriginalConfigs, SayWhatTheReferencesSay) {
  std::size_t compared = 0;
  for (const std::string& name : checkpoint_folders("tf1")) {
    const std::string path = fixtures_path(name);
    const auto reference = parse_json(read_text(*open_file(path + "/config.json")), "config.json");
    const auto found = convert::read_original_config(*open_folder(path), reference["model_type"]);
    if (!found) continue;
    expect_same_config(found->file, found->config, reference);
    ++compared;
  }
  for (const std::string& name : bundle_cases()) {
    const BundleCase checkpoint(name);
    if (checkpoint.original.is_null()) continue;
    const std::string file = checkpoint.original["file"];
    const auto text = checkpoint.original["text"].get<std::string>();
    const auto found = convert::read_original_config(
        *memory_files({{file, text_bytes(text)}}, "model"), checkpoint.config["model_type"]);
    ASSERT_TRUE(found) << file;
    expect_same_config(file, found->config, checkpoint.config);
    EXPECT_GT(found->config.size(), 4u);
    ++compared;
  }
  EXPECT_GT(compared, 10u);
}

TEST(OriginalConfigs, TellTheirTypeOrAskForIt) {
  const nlohmann::json bert{{"hidden_size", 8},         {"num_hidden_layers", 1},
                            {"num_attention_heads", 2}, {"intermediate_size", 16},
                            {"vocab_size", 10},         {"type_vocab_size", 2}};
  const auto type_of = [](const nlohmann::json& json, const std::string& file,
                          const std::string& given = "") {
    return convert::canonical_config(json, file, given).at("model_type").get<std::string>();
  };
  EXPECT_EQ(type_of(bert, "a/bert_config.json"), "bert");
  EXPECT_EQ(type_of(bert, "x.json", "roformer"), "roformer");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { type_of(bert, "x.json"); }, "x.json", "--model-type");
  auto tapas = bert;
  tapas["type_vocab_size"] = {3, 4};
  EXPECT_EQ(type_of(tapas, "bert_config.json"), "tapas");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { type_of(tapas, "x.json", "bert"); }, "type_vocab_size",
      "[3,4]");
  auto broken = bert;
  broken.erase("hidden_size");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { type_of(broken, "bert_config.json"); }, "hidden_size");
  broken["hidden_size"] = -3;
  expect_error(
      ErrorCode::kInvalidArgument, [&] { type_of(broken, "bert_config.json"); }, "-3");
  expect_error(
      ErrorCode::kUnsupported, [&] { type_of(bert, "x.json", "llama"); }, "llama", "roformer");
  // The reference's own.
  EXPECT_EQ(convert::canonical_config({{"model_type", "llama"}, {"x", 1}}, "config.json", "")["x"],
            1);
  expect_error(
      ErrorCode::kInvalidArgument,
      [&] {
        type_of({{"model_type", "bert"}}, "config.json", "albert");
      },
      "bert", "albert");
  const auto both = memory_files(
      {{"bert_config.json", text_bytes(bert.dump())}, {"hparams.json", text_bytes("{}")}}, "model");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { convert::read_original_config(*both, "bert"); },
      "bert_config.json", "hparams.json", "--config");
  EXPECT_FALSE(convert::read_original_config(*memory_files({}, "model"), "bert"));
}

TEST(OriginalConfigs, ReadFunnelsBlocksAndT5sMacros) {
  nlohmann::json funnel{{"vocab_size", 10},    {"d_model", 8},        {"n_head", 2},
                        {"d_inner", 16},       {"d_head", 4},         {"block_size", "6_3x2_3x2"},
                        {"decoder_size", "2"}, {"separate_cls", true}};
  const auto config = convert::canonical_config(funnel, "net_config.json", "");
  EXPECT_EQ(config["block_sizes"], nlohmann::json({6, 3, 3}));
  EXPECT_EQ(config["block_repeats"], nlohmann::json({1, 2, 2}));
  EXPECT_EQ(config["num_decoder_layers"], 2);
  for (const std::string bad : {"", "4_", "a", "4x", "99999"}) {
    funnel["block_size"] = bad;
    expect_error(
        ErrorCode::kInvalidArgument,
        [&] { convert::canonical_config(funnel, "net_config.json", ""); }, "block_size");
  }
  const std::string gin =
      "# Macros:\nd_ff = 64\nd_kv = 8\nd_model = 16\nnum_heads = 2\nnum_layers = 3\n"
      "DenseReluDense.activation = [\"gelu\", \"linear\"]\n";
  const auto t5 = convert::read_original_config(
      *memory_files({{"operative_config.gin", text_bytes(gin)}}, "model"), "");
  ASSERT_TRUE(t5);
  EXPECT_EQ(t5->config["model_type"], "t5");
  EXPECT_EQ(t5->config["d_ff"], 64);
  EXPECT_EQ(t5->config["feed_forward_proj"], "gated-gelu");
}

}  // namespace
}  // namespace verdict::testing
