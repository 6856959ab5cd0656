#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/fixtures.h"
#include "verdict/base/json.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::testing {
namespace {

std::string folder() { return root_path("tests/fixtures/safetensors/"); }

std::vector<std::byte> bytes_of(const std::string& path) {
  const auto file = open_file(path);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file->size()));
  file->read(0, bytes);
  return bytes;
}

std::vector<std::byte> as_vector(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// A file with this header and no data.
std::vector<std::byte> with_header(const std::string& json) {
  std::vector<std::byte> bytes(8);
  const std::uint64_t size = json.size();
  std::memcpy(bytes.data(), &size, 8);
  const auto header = as_vector(json);
  bytes.insert(bytes.end(), header.begin(), header.end());
  return bytes;
}

nlohmann::json manifest() {
  return parse_json(read_text(*open_file(folder() + "manifest.json")), "manifest").at("files");
}

TEST(Safetensors, TakesAndRefusesWhatItMust) {
  for (const auto& item : manifest()) {
    const std::string file = item["file"];
    if (!ends_with(file, ".safetensors")) continue;
    const std::string expect = item["expect"];
    bool accepted = true;
    try {
      for (const auto& [name, tensor] : load_tensors(folder() + file)) {
        EXPECT_EQ(tensor.bytes().size() % dtype_size(tensor.dtype()), 0u) << name;
      }
    } catch (const Error& error) {
      accepted = false;
      EXPECT_NE(std::string_view(error.what()).find(file), std::string_view::npos)
          << error.what() << " does not name " << file;
    }
    if (expect != "either") {
      EXPECT_EQ(accepted, expect == "accept") << file << ": " << item["what"];
    }
  }
}

TEST(Safetensors, RefusesAbsurdHeadersWithoutACrash) {
  const std::string deep = concat("{\"a\":", std::string(100000, '['), "}");
  expect_error(ErrorCode::kCorruptFile,
               [&] { read_safetensors_header(*memory_source(with_header(deep), "deep")); });
  std::string ones = "1";
  for (int i = 0; i < 200000; ++i) ones += ",1";
  const std::string wide =
      concat("{\"a\":{\"dtype\":\"F32\",\"shape\":[", ones, "],\"data_offsets\":[0,4]}}");
  auto bytes = with_header(wide);
  bytes.resize(bytes.size() + 4);
  try {
    read_safetensors(*memory_source(std::move(bytes), "wide"));
  } catch (const Error&) {
  }
}

TEST(Safetensors, RefusesAnIndexThatLies) {
  for (const auto& item : manifest()) {
    const std::string file = item["file"];
    if (!ends_with(file, ".index.json")) continue;
    const auto files = memory_files(
        {{"model.safetensors.index.json", bytes_of(folder() + file)},
         {"good.safetensors", bytes_of(folder() + "good.safetensors")},
         {"model-00001-of-00001.safetensors", bytes_of(folder() + "good.safetensors")}},
        "model");
    EXPECT_THROW(open_checkpoint(*files), Error) << file << ": " << item["what"];
  }
}

TEST(Safetensors, ReadsShards) {
  const std::string index =
      R"({"weight_map": {"classifier.weight": "a.safetensors", "classifier.bias": "a.safetensors"}})";
  const auto files = memory_files({{"model.safetensors.index.json", as_vector(index)},
                                   {"a.safetensors", bytes_of(folder() + "good.safetensors")}},
                                  "model");
  EXPECT_EQ(open_checkpoint(*files)->tensors().size(), 2u);
}

TEST(Safetensors, NamesWhatIsMissingOrForeign) {
  expect_error(
      ErrorCode::kNotFound, [] { open_checkpoint(*memory_files({}, "model")); }, "model",
      "model.safetensors");
}

TEST(Safetensors, WritesWhatItReads) {
  const Tensor a = Tensor::from_f32({2, 2}, std::vector<float>{1, 2, 3, 4});
  const Tensor b = Tensor::from_i64({}, std::vector<std::int64_t>{-5});
  std::vector<std::byte> file;
  write_safetensors({{"a", a.dtype(), a.shape(), [&] { return a; }},
                     {"b", b.dtype(), b.shape(), [&] { return b; }}},
                    [&](std::span<const std::byte> bytes) {
                      file.insert(file.end(), bytes.begin(), bytes.end());
                    });
  EXPECT_EQ(read_safetensors_header(*memory_source(file)).metadata.at("format"), "pt");
  const auto tensors = read_safetensors(*memory_source(file));
  EXPECT_EQ(tensors.at("a").shape(), a.shape());
  EXPECT_EQ(tensors.at("a").f32()[3], 4.0f);
  EXPECT_EQ(tensors.at("b").i64()[0], -5);
}

}  // namespace
}  // namespace verdict::testing
