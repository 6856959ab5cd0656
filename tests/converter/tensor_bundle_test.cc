// TensorFlow's bundles: every file of checkpoints/tf1 and tf2 opens and gives the tensors that its
// checksums cover; every file of hostile_tf1 is taken or refused as its manifest says.

#include <gtest/gtest.h>

#include "support/bundles.h"
#include "support/errors.h"
#include "verdict_convert/formats/bundle_entry.h"
#include "verdict_convert/formats/crc32c.h"
#include "verdict_convert/names/names.h"

namespace verdict::testing {
namespace {

using convert::crc32c;
using convert::open_tensor_bundle;
using convert::TensorBundle;

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::vector<std::vector<std::byte>> read_all(const CheckpointReader& reader) {
  std::vector<std::vector<std::byte>> out;
  for (std::size_t i = 0; i < reader.tensors().size(); ++i) {
    out.emplace_back(static_cast<std::size_t>(reader.tensors()[i].byte_size()));
    reader.read(i, out.back());
  }
  return out;
}

TEST(Crc32c, KnowsThePublishedValues) {
  // RFC 3720, section B.4.
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
}

TEST(Crc32c, IsTheSameInPartsAndWithoutTheInstructions) {
  std::vector<std::byte> bytes(1000);
  std::uint32_t random = 1;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>((random = random * 69069 + 1) >> 24);
  for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 127u, 128u, 200u, 999u, 1000u}) {
    const auto part = std::span(bytes).first(size);
    EXPECT_EQ(crc32c(part), convert::portable_crc32c(part)) << size;
    EXPECT_EQ(crc32c(std::span(bytes).subspan(size), crc32c(part)), crc32c(bytes)) << size;
  }
}

TEST(SliceKey, IsTensorFlowsOrderedCode) {
  EXPECT_EQ(convert::slice_key("a/b", {{0, 40}, {80, 32}, {8192, {}}}),
            std::string("\0a/b\0\x01\x01\x03"
                        "\x80\xa8\xc0\x50\xa0\xe0\x20\x00\x7f",
                        17));
}

class TensorBundles : public ::testing::TestWithParam<std::string> {};

TEST_P(TensorBundles, GiveEveryTensor) {
  const BundleCase checkpoint(GetParam());
  const TensorBundle bundle = checkpoint.open();
  const auto tensors = bundle.reader->tensors();
  EXPECT_EQ(bundle.object_based, checkpoint.meta.at("kind") == "tf2");
  EXPECT_EQ(bundle.full_names.size(), bundle.object_based ? tensors.size() : 0);
  if (checkpoint.meta.contains("n_variables")) {
    EXPECT_EQ(tensors.size(), checkpoint.meta["n_variables"].get<std::size_t>());
  }
  if (!checkpoint.has_data) return;
  EXPECT_EQ(read_all(*bundle.reader).size(), tensors.size());
  const std::string names_file = checkpoint.path + "/names.json";
  if (!std::filesystem::exists(names_file)) return;
  // The variables of an object graph, by key.
  const auto names = parse_json(read_text(*open_file(names_file)), "names.json");
  EXPECT_EQ(tensors.size() + 1, names.size());  // and the graph
  for (std::size_t i = 0; i < tensors.size(); ++i)
    EXPECT_EQ(bundle.full_names[i], names.at(tensors[i].name).get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(All, TensorBundles, ::testing::ValuesIn(bundle_cases()), bundle_test_name);

/// The files of a hostile checkpoint, for changes in memory.
struct Hostile {
  explicit Hostile(const std::string& prefix) : index_file(prefix + ".index") {
    const auto folder = open_folder(fixtures_path("checkpoints/hostile_tf1"));
    const std::string data = prefix + ".data-00000-of-00001";
    for (const std::string& name : {index_file, data})
      files.emplace_back(name, bytes_of(concat(folder->name(), "/", name)));
  }
  /// All tensors' bytes.
  std::vector<std::vector<std::byte>> read() const {
    const auto set = memory_files(files, "model");
    return read_all(*open_tensor_bundle(*set, index_file).reader);
  }

  std::string index_file;
  std::vector<std::pair<std::string, std::vector<std::byte>>> files;
};

TEST(HostileTensorBundles, AreTakenOrRefusedAsTheyMust) {
  const auto folder = open_folder(fixtures_path("checkpoints/hostile_tf1"));
  // What the model would ask for: the pooler of a BERT of two outputs.
  const auto config = PretrainedConfig::from_json({{"model_type", "bert"}});
  const std::vector<ExpectedParameter> expected{{"bert.pooler.dense.weight", {2, 4}},
                                                {"bert.pooler.dense.bias", {2}}};
  for (const auto& item : hostile_files("hostile_tf1")) {
    const std::string file = item["file"];
    const std::string expect = item["expect"];
    bool accepted = true;
    try {
      const auto index = folder->contains(file + ".index") ? file + ".index" : file;
      TensorBundle bundle = open_tensor_bundle(*folder, index);
      read_all(*bundle.reader);
      const auto stored = bundle.reader->tensors();
      const auto mapped = mapped_checkpoint(std::move(bundle.reader),
                                            convert::map_tensorflow1(stored, {config, expected}));
      const auto tensors = mapped->tensors();
      plan_load({tensors.begin(), tensors.end()}, expected, {"bert", "bert", false});
    } catch (const Error& error) {
      accepted = false;
      const std::string_view message = error.what();
      EXPECT_NE(error.code(), ErrorCode::kInternal) << message;
      // What is wrong for the model alone names the parameter instead.
      const bool is_named = message.find(file) != std::string_view::npos ||
                            message.find("bert.pooler.dense.weight") != std::string_view::npos;
      EXPECT_TRUE(is_named) << message;
      EXPECT_EQ(message.find('\0'), std::string_view::npos) << file;
    }
    if (expect != "either") {
      EXPECT_EQ(accepted, expect == "accept") << file << ": " << item["what"];
    }
  }
}

/// Whatever byte is damaged: it is refused, or the tensors are those of the whole file.
TEST(HostileTensorBundles, DamagedBytesNeverChangeATensor) {
  const Hostile good("good");
  const auto expected = good.read();
  ASSERT_FALSE(expected.empty());
  std::size_t refused = 0;
  for (std::size_t file = 0; file < good.files.size(); ++file) {
    for (std::size_t at = 0; at < good.files[file].second.size(); ++at) {
      Hostile damaged = good;
      damaged.files[file].second[at] ^= std::byte{0x10};
      try {
        EXPECT_EQ(damaged.read(), expected) << good.files[file].first << ' ' << at;
      } catch (const Error& error) {
        EXPECT_NE(std::string_view(error.what()).find("good"), std::string_view::npos);
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, good.files[1].second.size());
}

TEST(HostileTensorBundles, EveryTruncationIsRefused) {
  const Hostile good("good");
  for (std::size_t size = 0; size < good.files[0].second.size(); ++size) {
    Hostile damaged = good;
    damaged.files[0].second.resize(size);
    expect_error(
        ErrorCode::kCorruptFile, [&] { damaged.read(); }, "good.index", "byte");
  }
}

TEST(HostileTensorBundles, NamesTheMissingFile) {
  Hostile good("good");
  good.files.pop_back();
  expect_error(
      ErrorCode::kNotFound, [&] { good.read(); }, "good.data-00000-of-00001");
  expect_error(
      ErrorCode::kNotFound, [&] { open_tensor_bundle(*memory_files({}, "model"), "x.index"); },
      "x.index");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { open_tensor_bundle(*memory_files({}, "m"), "x.meta"); },
      "x.meta");
}

}  // namespace
}  // namespace verdict::testing
