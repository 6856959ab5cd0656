#include <gtest/gtest.h>

#include "converter/keras_files.h"
#include "support/errors.h"

namespace verdict::testing {
namespace {

class FlaxNames : public ::testing::TestWithParam<std::string> {};

TEST_P(FlaxNames, GiveTheSourceModel) {
  const CheckpointFolder folder(GetParam());
  auto reader = convert::open_flax_msgpack(checkpoint_files(folder.path, "flax_model.msgpack"));
  const auto expected = expected_of(folder);
  convert::NameMap map = convert::map_flax(reader->tensors(), {folder.config, expected});
  expect_checkpoint(folder, std::move(reader), std::move(map));
}

INSTANTIATE_TEST_SUITE_P(Flax, FlaxNames, ::testing::ValuesIn(checkpoint_folders("flax")),
                         checkpoint_test_name);

std::unique_ptr<CheckpointReader> open_text(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  std::vector<std::unique_ptr<ByteSource>> files;
  files.push_back(memory_source({bytes.begin(), bytes.end()}, "test.msgpack"));
  return convert::open_flax_msgpack(std::move(files));
}

/// A value of at most 255 bytes behind its head.
std::string value(const std::string& head, const std::string& bytes) {
  return concat(head, static_cast<char>(bytes.size()), bytes);
}

std::string text(const std::string& s) { return value("\xd9", s); }

std::string array(const std::string& shape, const std::string& dtype, const std::string& bytes) {
  const std::string parts = concat("\x93", shape, text(dtype), value("\xc4", bytes));
  return concat("\xc7", static_cast<char>(parts.size()), "\x01", parts);
}

TEST(Flax, ReadsChunkedArraysAndScalars) {
  const std::string chunk1 = array("\x91\x02", "int8", "ab");
  const std::string chunk2 = array("\x91\x01", "int8", "c");
  const std::string chunked = concat("\x83", text("__msgpack_chunked_array__"), "\xc3",
                                     text("shape"), "\x82", text("0"), "\x03", text("1"), "\x01",
                                     text("chunks"), "\x82", text("1"), chunk2, text("0"), chunk1);
  std::string scalar = array("\x90", "uint8", "z");
  scalar[2] = 3;
  const auto reader =
      open_text(concat("\x82", text("a"), "\x81", text("b"), chunked, text("c"), scalar));
  const Tensors tensors = read_all(*reader);
  ASSERT_EQ(tensors.size(), 2u);
  const Tensor& b = tensors.at("a.b");
  EXPECT_EQ(b.shape(), (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(std::memcmp(b.bytes().data(), "abc", 3), 0);
  EXPECT_TRUE(tensors.at("c").shape().empty());
}

TEST(Flax, RefusesWhatIsNoFlaxFile) {
  const std::string good = concat("\x81", text("a"), array("\x91\x02", "int8", "ab"));
  EXPECT_EQ(open_text(good)->tensors().size(), 1u);
  const auto refuse = [](const std::string& file, const std::string& part,
                         ErrorCode code = ErrorCode::kCorruptFile) {
    expect_error(
        code, [&] { open_text(file); }, "test.msgpack", "at byte", part);
  };
  for (std::size_t size = 0; size < good.size(); ++size) refuse(good.substr(0, size), "");
  refuse(good + "\xc0", "follows");
  refuse("\xc1", "begins no value");
  refuse("\x93\x01\x02\x03", "a map of parameters");
  refuse("\xdf\xff\xff\xff\xff", "longer than the file");
  refuse(concat("\x81", text("a"), "\xc9\xff\xff\xff\xff\x01"), "longer than the file");
  refuse(concat("\x81", text("a"), "\x01"), "neither an array nor a map", ErrorCode::kUnsupported);
  refuse(concat("\x81", text("a"), array("\x91\x03", "int8", "ab")), "2 bytes");
  refuse(concat("\x81", text("a"), array("\x91\xff", "int8", "ab")), "impossible size");
  refuse(concat("\x81", text("a"),
                array("\x93\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\x7f\x7f", "int8", "ab")),
         "2 bytes");
  refuse(concat("\x81", text("a"), array("\x91\x02", "float8", "ab")), "float8",
         ErrorCode::kUnsupported);
  refuse(concat("\x81", text("\x1b[31m"), "\x01"), "\\u001b[31m", ErrorCode::kUnsupported);
  refuse(concat("\x83", text("__msgpack_chunked_array__"), "\xc3", text("shape"), "\x81", text("7"),
                "\x03", text("chunks"), "\x80"),
         "the part \"7\"");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "\x81\xa1x";
  refuse(deep, "deep", ErrorCode::kUnsupported);
  const std::string twice = concat("\x82", text("a"), array("\x91\x01", "int8", "a"), text("a"),
                                   array("\x91\x01", "int8", "b"));
  expect_error(
      ErrorCode::kCorruptFile, [&] { open_text(twice); }, "twice");
}

TEST(Flax, NamesDoNotAddUpBeyondTheFile) {
  // Each array's name repeats the long names above it.
  std::string file;
  for (int i = 0; i < 60; ++i) file += concat("\x81\xda\x03\xe8", std::string(1000, 'x'));
  const std::string leaf = array("\x90", "int8", "a");
  file += concat("\xde\x27\x10");
  for (int i = 0; i < 10000; ++i) file += concat(text(concat(i)), leaf);
  expect_error(
      ErrorCode::kUnsupported, [&] { open_text(file); }, "more room");
}

}  // namespace
}  // namespace verdict::testing
