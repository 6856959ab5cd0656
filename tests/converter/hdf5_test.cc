#include <gtest/gtest.h>

#include "converter/keras_files.h"
#include "support/errors.h"

namespace verdict::testing {
namespace {

convert::KerasWeights open_one(std::unique_ptr<ByteSource> file) {
  std::vector<std::unique_ptr<ByteSource>> files;
  files.push_back(std::move(file));
  return convert::open_keras_h5(std::move(files));
}

class KerasFolders : public ::testing::TestWithParam<std::string> {};

TEST_P(KerasFolders, Opens) {
  const auto weights = open_keras_folder(fixtures_path(GetParam()));
  EXPECT_GT(weights.reader->tensors().size(), 10u);
  for (const auto& [name, tensor] : read_all(*weights.reader)) {
    EXPECT_TRUE(ends_with(name, ":0")) << name;
    EXPECT_GT(tensor.size(), 0u) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(H5, KerasFolders, ::testing::ValuesIn(checkpoint_folders("h5")),
                         checkpoint_test_name);

/// Opens a hostile file, reads all and matches it with the classifier that it should be.
void load_hostile(std::unique_ptr<ByteSource> file) {
  const auto weights = open_one(std::move(file));
  std::vector<TensorInfo> named;
  for (TensorInfo info : weights.reader->tensors()) {
    info.name = info.name.substr(info.name.rfind('/') + 1);
    named.push_back(std::move(info));
  }
  const std::vector<ExpectedParameter> expected{{"kernel:0", {4, 2}}, {"bias:0", {2}}};
  const LoadPlan plan = plan_load(named, expected, {"bert", "bert", false});
  read_all(*weights.reader);
  if (!plan.report.missing_keys.empty())
    throw Error(ErrorCode::kCorruptFile, "The file lacks weights.");
}

TEST(Hdf5, TakesAndRefusesWhatItMust) {
  const auto files = hostile_files("hostile_h5");
  for (const auto& item : files) {
    const std::string file = item["file"];
    const std::string expect = item["expect"];
    bool accepted = true;
    std::string message;
    try {
      load_hostile(manifest_file(fixtures_path("checkpoints/hostile_h5"), files, item));
    } catch (const Error& error) {
      accepted = false;
      message = error.what();
      const bool is_of_the_file =
          error.code() == ErrorCode::kCorruptFile || error.code() == ErrorCode::kUnsupported;
      // A weight of another shape is the model's trouble.
      EXPECT_TRUE(is_of_the_file || file == "scalar.h5" || file == "zero_size.h5") << message;
      EXPECT_EQ(message.find(file) != std::string::npos, is_of_the_file) << message;
      EXPECT_TRUE(std::ranges::none_of(message, [](char c) { return c >= 0 && c < ' '; })) << file;
    }
    EXPECT_TRUE(expect == "either" || accepted == (expect == "accept")) << file << ": " << message;
  }
  EXPECT_FALSE(files.empty());
}

TEST(Hdf5, FillsChunksThatWereNotWritten) {
  const auto files = hostile_files("hostile_h5");
  const auto entry = std::ranges::find_if(
      files, [](const nlohmann::json& item) { return item.at("file") == "fill_value.h5"; });
  ASSERT_NE(entry, files.end());
  const auto weights =
      open_one(manifest_file(fixtures_path("checkpoints/hostile_h5"), files, *entry));
  const Tensor kernel = read_all(*weights.reader).at("m/classifier/kernel:0");
  EXPECT_EQ(std::ranges::count(kernel.f32(), 2.5f), 6);
}

nlohmann::json layouts() {
  const std::string path = root_path("tests/fixtures/hdf5/manifest.json");
  return parse_json(read_text(*open_file(path)), path).at("files");
}

TEST(Hdf5, ReadsTheLayoutsOfLargerFiles) {
  const auto files = layouts();
  for (const auto& item : files) {
    const std::string file = item["file"];
    if (file == "growing.h5") continue;
    SCOPED_TRACE(file);
    const auto weights = open_one(manifest_file("tests", files, item));
    EXPECT_EQ(weights.reader->tensors().size(), file == "dense_groups.h5" ? 80u : 1u);
    for (const auto& [name, tensor] : read_all(*weights.reader)) {
      const Tensor values = to_f32(tensor.view());
      for (std::size_t i = 0; i < values.size(); ++i) {
        const bool is_filled = file == "paged.h5" && i < 1024;
        ASSERT_EQ(values.f32()[i], is_filled ? 0.5f : static_cast<float>(i) / 8) << i;
      }
    }
  }
}

TEST(Hdf5, NamesWhatItDoesNotRead) {
  const auto files = layouts();
  for (const auto& item : files) {
    if (item["file"] != "growing.h5") continue;
    expect_error(
        ErrorCode::kUnsupported, [&] { open_one(manifest_file("tests", files, item)); },
        "growing.h5", "can grow");
  }
}

/// A file that counts what is read of it.
class CountingSource final : public ByteSource {
 public:
  CountingSource(std::vector<std::byte> bytes, std::uint64_t& count)
      : source_(memory_source(std::move(bytes), "counted")), count_(count) {}
  std::uint64_t size() const override { return source_->size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    count_ += out.size();
    source_->read(offset, out);
  }
  const std::string& name() const override { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::uint64_t& count_;
};

TEST(Hdf5, ReadsNoFileManyTimes) {
  // Whatever a byte is changed to, the file is read within a bound.
  const auto files = layouts();
  for (const auto& item : files) {
    const auto source = manifest_file("tests", files, item);
    std::vector<std::byte> bytes(static_cast<std::size_t>(source->size()));
    source->read(0, bytes);
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      if (bytes[at] == std::byte{0}) continue;
      auto changed = bytes;
      changed[at] ^= std::byte{0xff};
      std::uint64_t count = 0;
      try {
        const auto weights = open_one(std::make_unique<CountingSource>(changed, count));
        for (const TensorInfo& info : weights.reader->tensors())
          ASSERT_LE(info.byte_size(), 64 * bytes.size());
        read_all(*weights.reader);
      } catch (const Error& error) {
        ASSERT_NE(error_code_name(error.code()), "internal") << error.what();
      }
      ASSERT_LE(count, 5 * bytes.size() + (1 << 16)) << item["file"] << " at byte " << at;
    }
  }
}

}  // namespace
}  // namespace verdict::testing
