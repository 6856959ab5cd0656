#include "verdict/checkpoint/pytorch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/checkpoints.h"
#include "support/errors.h"
#include "verdict/base/crc32.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

std::vector<std::byte> as_vector(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string little_endian(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::string_view bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// A zip archive of stored members.
std::string zip(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out;
  std::string directory;
  for (const auto& [name, data] : members) {
    const std::string sizes = little_endian(crc32(std::as_bytes(std::span(data))), 4) +
                              little_endian(data.size(), 4) + little_endian(data.size(), 4) +
                              little_endian(name.size(), 2) + little_endian(0, 2);
    directory += concat("PK\x01\x02", std::string(12, '\0'), sizes, std::string(10, '\0'),
                        little_endian(out.size(), 4), name);
    out += concat("PK\x03\x04", std::string(10, '\0'), sizes, name, data);
  }
  const std::string count = little_endian(members.size(), 2);
  return concat(out, directory, "PK\x05\x06", std::string(4, '\0'), count, count,
                little_endian(directory.size(), 4), little_endian(out.size(), 4),
                std::string(2, '\0'));
}

// Pickled values.
std::string text(std::string_view value) {
  return concat("X", little_endian(value.size(), 4), value);
}
std::string number(std::int64_t value) {
  return concat("\x8a\x08", little_endian(static_cast<std::uint64_t>(value), 8));
}
std::string tuple(const std::vector<std::string>& items) {
  std::string out = "(";
  for (const std::string& item : items) out += item;
  return out + "t";
}
std::string numbers(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  for (const std::int64_t value : values) items.push_back(number(value));
  return tuple(items);
}
std::string global(std::string_view module, std::string_view name) {
  return concat("c", module, "\n", name, "\n");
}
std::string storage(std::string_view key, std::int64_t count, std::string_view type = "Float") {
  return tuple({text("storage"), global("torch", concat(type, "Storage")), text(key), text("cpu"),
                number(count)}) +
         "Q";
}
std::string tensor(const std::string& storage, std::int64_t offset,
                   const std::vector<std::int64_t>& sizes,
                   const std::vector<std::int64_t>& strides) {
  return concat(global("torch._utils", "_rebuild_tensor_v2"),
                tuple({storage, number(offset), numbers(sizes), numbers(strides), "\x89", "}"}),
                "R");
}
std::string pickle(std::string_view value) { return concat("\x80\x02", value, "."); }
std::string dict(const std::vector<std::string>& keys_and_values) {
  std::string out = "}(";
  for (const std::string& item : keys_and_values) out += item;
  return out + "u";
}

/// A file of torch.save: the pickled object and its storages' data, by key.
std::string saved(const std::string& object, const std::vector<std::string>& storages = {},
                  const std::string& byte_order = "little") {
  std::vector<std::pair<std::string, std::string>> members{{"m/data.pkl", pickle(object)},
                                                           {"m/byteorder", byte_order}};
  for (std::size_t i = 0; i < storages.size(); ++i)
    members.emplace_back(concat("m/data/", i), storages[i]);
  return zip(members);
}

std::unique_ptr<CheckpointReader> open_text(std::string_view file) {
  return open_pytorch(memory_source(as_vector(file), "some.bin"));
}

std::map<std::string, Tensor> read_all(const CheckpointReader& reader) {
  std::map<std::string, Tensor> out;
  const auto infos = reader.tensors();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i].foreign_dtype.empty()) continue;
    Tensor tensor(infos[i].dtype, infos[i].shape);
    reader.read(i, tensor.bytes());
    out.emplace(infos[i].name, std::move(tensor));
  }
  return out;
}

void expect_refused(std::string_view file, ErrorCode code, const std::string& reason) {
  expect_error(
      code, [&] { read_all(*open_text(file)); }, "some.bin", reason);
}

/// Whether the weights are compressed members of a zip archive.
bool is_compressed(const std::string& path) {
  std::string start(10, '\0');
  open_file(path)->read(0, std::as_writable_bytes(std::span(start)));
  return starts_with(start, "PK") && start[8] != 0;
}

class PyTorchFolders : public ::testing::TestWithParam<std::string> {};

TEST_P(PyTorchFolders, GivesTheAnswersOfItsSource) {
  const CheckpointFolder folder(GetParam());
  ASSERT_TRUE(folder.is_registered());
  const std::string single = folder.path + "/pytorch_model.bin";
  if (std::filesystem::exists(single) && is_compressed(single)) {
    expect_error(
        ErrorCode::kUnsupported, [&] { open_checkpoint(*open_folder(folder.path)); }, single,
        "compress");
    return;
  }
  const auto model = AutoModelForSequenceClassification::from_pretrained(folder.path);
  expect_answers(folder, *model);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, PyTorchFolders,
                         ::testing::ValuesIn(checkpoint_folders("pytorch")), checkpoint_test_name);

TEST(PyTorch, TakesAndRefusesWhatItMust) {
  const std::string folder = fixtures_path("checkpoints/pytorch_hostile/");
  for (const json& item : hostile_files("pytorch_hostile")) {
    const std::string file = item.at("file");
    const std::string expect = item.at("expect");
    bool accepted = true;
    std::string reason;
    try {
      read_all(*open_pytorch(open_file(folder + file)));
    } catch (const Error& error) {
      accepted = false;
      reason = error.what();
      EXPECT_NE(reason.find(file), std::string::npos) << reason << " does not name " << file;
      EXPECT_TRUE(error.code() == ErrorCode::kCorruptFile ||
                  error.code() == ErrorCode::kUnsupported)
          << reason;
      for (const char c : reason) EXPECT_GE(static_cast<unsigned char>(c), ' ') << file;
    }
    if (expect != "either") {
      EXPECT_EQ(accepted, expect == "accept") << file << ": " << item.at("what") << " " << reason;
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator("."))
    EXPECT_FALSE(starts_with(entry.path().filename().string(), "PWNED_")) << entry.path();
}

TEST(PyTorch, ReadsViewsOfSharedStorages) {
  const std::string shared = storage("0", 6);
  const auto tensors = read_all(*open_text(
      saved(dict({text("whole"), tensor(shared, 0, {2, 3}, {3, 1}), text("transposed"),
                  tensor(shared, 0, {3, 2}, {1, 3}), text("part"), tensor(shared, 2, {2}, {1}),
                  text("column"), tensor(shared, 1, {2, 1}, {3, 1}), text("expanded"),
                  tensor(shared, 5, {2, 2}, {0, 0}), text("scalar"), tensor(shared, 4, {}, {}),
                  text("empty"), tensor(shared, 6, {0, 7}, {7, 1}), text("epoch"), number(3)}),
            {std::string(bytes_of({0, 1, 2, 3, 4, 5}))})));
  const auto expect = [&](const char* name, const std::vector<std::int64_t>& shape,
                          const std::vector<float>& values) {
    const Tensor& tensor = tensors.at(name);
    EXPECT_EQ(tensor.shape(), shape) << name;
    EXPECT_TRUE(std::ranges::equal(tensor.f32(), values)) << name;
  };
  EXPECT_EQ(tensors.size(), 7u);
  expect("whole", {2, 3}, {0, 1, 2, 3, 4, 5});
  expect("transposed", {3, 2}, {0, 3, 1, 4, 2, 5});
  expect("part", {2}, {2, 3});
  expect("column", {2, 1}, {1, 4});
  expect("expanded", {2, 2}, {5, 5, 5, 5});
  expect("scalar", {}, {4});
  expect("empty", {0, 7}, {});
}

TEST(PyTorch, SwapsTheBytesOfBigEndianFiles) {
  std::string data(bytes_of({1.5f, -2.0f}));
  std::reverse(data.begin(), data.begin() + 4);
  std::reverse(data.begin() + 4, data.end());
  const std::string object = dict({text("a"), tensor(storage("0", 2), 0, {2}, {1})});
  const auto tensors = read_all(*open_text(saved(object, {data}, "big")));
  EXPECT_EQ(tensors.at("a").f32()[0], 1.5f);
  EXPECT_EQ(tensors.at("a").f32()[1], -2.0f);
}

TEST(PyTorch, ListsTensorsOfForeignTypesButReadsNone) {
  const auto reader = open_text(
      saved(dict({text("a"), tensor(storage("0", 1, "ComplexFloat"), 0, {1}, {1})}), {"12345678"}));
  ASSERT_EQ(reader->tensors().size(), 1u);
  EXPECT_EQ(reader->tensors()[0].foreign_dtype, "complex64");
  std::array<std::byte, 8> out;
  expect_error(
      ErrorCode::kUnsupported, [&] { reader->read(0, out); }, "\"a\"", "complex64");
}

TEST(PyTorch, RefusesEveryOtherGlobalByItsName) {
  for (const auto& [module, name] : std::vector<std::pair<std::string, std::string>>{
           {"os", "system"}, {"builtins", "eval"}, {"torch", "FooStorage"}, {"torch", ""}}) {
    expect_refused(saved(concat(global(module, name), "0}")), ErrorCode::kUnsupported,
                   concat(module, ".", name));
    expect_refused(saved(concat(text(module), text(name), "\x93", "0}")), ErrorCode::kUnsupported,
                   concat(module, ".", name));
  }
  // What a terminal would obey does not reach it.
  expect_refused(saved(global("os\x1b[31m", "system")), ErrorCode::kUnsupported, "os\\u001b[31m");
}

TEST(PyTorch, RefusesWhatIsNoFlatDictOfTensors) {
  const std::string good = tensor(storage("0", 1), 0, {1}, {1});
  const auto refuse = [&](const std::string& object, ErrorCode code, const std::string& reason) {
    expect_refused(saved(object, {"abcd"}), code, reason);
  };
  refuse(number(1), ErrorCode::kUnsupported, "no dict");
  refuse(dict({}), ErrorCode::kUnsupported, "no tensors");
  refuse(dict({text("model"), dict({text("a"), good})}), ErrorCode::kUnsupported, "\"model\"");
  refuse(dict({number(1), good}), ErrorCode::kCorruptFile, "no text");
  refuse(dict({text("a"), good, text("a"), good}), ErrorCode::kCorruptFile, "twice");
  refuse(dict({text("a\n"), good}), ErrorCode::kCorruptFile, "a\\n");
  refuse(dict({text("a"), tensor(storage("0", 1), 0, {2}, {1})}), ErrorCode::kCorruptFile,
         "beyond its storage");
  refuse(dict({text("a"), tensor(storage("0", 1), -1, {1}, {1})}), ErrorCode::kCorruptFile,
         "\"a\"");
  refuse(dict({text("a"), tensor(storage("0", 1), 0, {1, 1}, {1})}), ErrorCode::kCorruptFile,
         "sizes and strides");
  refuse(dict({text("a"), tensor(storage("0", 1), 0, {1 << 30}, {0})}), ErrorCode::kCorruptFile,
         "larger than the file");
  refuse(dict({text("a"), tensor(storage("0", 1), 0, {INT64_MAX, 2}, {0, 0})}),
         ErrorCode::kCorruptFile, "larger than the file");
  refuse(dict({text("a"), tensor(storage("0", 1), 0, {2, 2}, {INT64_MAX, INT64_MAX})}),
         ErrorCode::kCorruptFile, "beyond its storage");
  refuse(dict({text("a"), good, text("b"), tensor(storage("0", 2), 0, {1}, {1})}),
         ErrorCode::kCorruptFile, "two types or sizes");
  refuse(dict({text("a"), tensor(storage("../0", 1), 0, {1}, {1})}), ErrorCode::kCorruptFile,
         "../0");
}

TEST(PyTorch, RefusesPicklesThatNoPicklerWrites) {
  const auto refuse = [&](const std::string& object, const std::string& reason) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { open_text(saved(object)); }, "some.bin", reason);
  };
  refuse("0", "lacks a value");
  refuse("(0", "lacks a value");
  refuse("t", "lacks a mark");
  refuse("h\x07", "memo");
  refuse("}r\xff\xff\xff\xff", "memo");
  refuse("X\xff\xff\xff\xff", "truncated");
  refuse(concat("X", little_endian(1, 4), "\xff"), "UTF-8");
  refuse("}}", "several values");
  refuse("}(Nu", "without a container");
  refuse(std::string(1 << 17, '('), "too deeply");
  refuse(std::string(1 << 17, ')'), "too deeply");
  expect_refused(saved("\xfe"), ErrorCode::kUnsupported, "opcode");
  expect_refused(saved("\x80\x06}"), ErrorCode::kUnsupported, "protocol");
}

TEST(PyTorch, TakesValuesThatHoldThemselvesOrNestForever) {
  const std::string good = dict({text("a"), tensor(storage("0", 1), 0, {1}, {1})});
  std::string nested = ")";
  for (int i = 0; i < 200000; ++i) nested += "\x85";
  std::string doubled = "]q\1";
  for (int i = 0; i < 60; ++i) doubled += "0](h\1h\1eq\1";
  for (const std::string& junk : {std::string("]q\1h\1a"), nested, doubled}) {
    EXPECT_EQ(open_text(saved(concat(junk, "0", good), {"abcd"}))->tensors().size(), 1u);
    expect_refused(saved(junk), ErrorCode::kUnsupported, "no dict");
  }
}

TEST(PyTorch, RefusesDamagedArchives) {
  const std::string good = saved(dict({text("a"), tensor(storage("0", 1), 0, {1}, {1})}), {"abcd"});
  ASSERT_EQ(read_all(*open_text(good)).size(), 1u);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_THROW(read_all(*open_text(good.substr(0, size))), Error) << size;
  // Every other byte: refused, or of no matter, but never a crash.
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string altered = good;
    altered[i] = static_cast<char>(altered[i] ^ 0xff);
    try {
      read_all(*open_text(altered));
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
    }
  }
  std::string altered = good;
  altered[altered.find("abcd")] = 'x';
  expect_refused(altered, ErrorCode::kCorruptFile, "checksum");
  const std::string object = pickle(dict({text("a"), tensor(storage("0", 1), 0, {1}, {1})}));
  expect_refused(zip({{"m/data.pkl", object}}), ErrorCode::kCorruptFile, "m/data/0");
  expect_refused(zip({{"m/data.pkl", object}, {"m/data/0", "abcdefgh"}}), ErrorCode::kCorruptFile,
                 "another size");
  expect_refused(zip({{"m/data.pkl", object}, {"m/data/0", "abcd"}, {"m/data/0", "abcd"}}),
                 ErrorCode::kCorruptFile, "twice");
  expect_refused(zip({{"m/data.pkl", object}, {"n/data.pkl", object}}), ErrorCode::kCorruptFile,
                 "several");
  expect_refused(zip({{"m/data.pkl", object}, {"m/constants.pkl", object}}),
                 ErrorCode::kUnsupported, "TorchScript");
  expect_refused(zip({{"m/weights", object}}), ErrorCode::kCorruptFile, "data.pkl");
  expect_refused(saved(object, {"abcd"}, "middle"), ErrorCode::kCorruptFile, "middle");
}

TEST(PyTorch, ReadsAndRefusesLegacyStreams) {
  const auto legacy = [](const std::string& keys, const std::string& data,
                         const std::string& is_little = "\x88") {
    const std::string magic = concat("\x8a\x0a", "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
    return concat(pickle(magic), pickle(number(1001)),
                  pickle(dict({text("little_endian"), is_little})),
                  pickle(dict({text("a"), tensor(storage("x", 2), 0, {2}, {1}), text("b"),
                               tensor(storage("y", 1), 0, {1}, {1})})),
                  pickle(keys), data);
  };
  const std::string keys = concat("](", text("y"), text("x"), "e");
  const std::string data =
      concat(little_endian(1, 8), bytes_of({7}), little_endian(2, 8), bytes_of({8, 9}));
  const auto tensors = read_all(*open_text(legacy(keys, data)));
  EXPECT_EQ(tensors.at("a").f32()[1], 9.0f);
  EXPECT_EQ(tensors.at("b").f32()[0], 7.0f);
  const auto refuse = [](const std::string& file, ErrorCode code, const std::string& reason) {
    expect_refused(file, code, reason);
  };
  const std::string good = legacy(keys, data);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_THROW(open_text(good.substr(0, size)), Error) << size;
  refuse(legacy(concat("](", text("y"), text("y"), "e"), data), ErrorCode::kCorruptFile, "twice");
  refuse(legacy(concat("](", text("y"), "e"), data), ErrorCode::kCorruptFile, "other keys");
  refuse(legacy(keys, little_endian(1, 8) + data), ErrorCode::kCorruptFile, "another size");
  refuse(legacy(keys, data, "\x89"), ErrorCode::kUnsupported, "big-endian");
  refuse(pickle(number(1)), ErrorCode::kCorruptFile, "torch.save");
  refuse("version https://git-lfs.github.com/spec/v1\n", ErrorCode::kCorruptFile, "Git LFS");
  refuse("", ErrorCode::kCorruptFile, "torch.save");
}

/// A pickle beyond what is read of a legacy file at first.
TEST(PyTorch, ReadsLongLegacyPickles) {
  std::string object = "}(";
  for (int i = 0; i < 20000; ++i) object += concat(text(concat("some.name.", i)), "N");
  object += concat(text("a"), tensor(storage("x", 1), 0, {1}, {1}), "u");
  const std::string magic = concat("\x8a\x0a", "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
  const std::string file =
      concat(pickle(magic), pickle(number(1001)), pickle("}"), pickle(object),
             pickle(concat("](", text("x"), "e")), little_endian(1, 8), bytes_of({3}));
  ASSERT_GT(file.size(), std::size_t{1} << 18);
  EXPECT_EQ(read_all(*open_text(file)).at("a").f32()[0], 3.0f);
}

TEST(PyTorch, PrefersSafetensorsAsTheReferenceDoes) {
  const auto bytes = [](const std::string& path) {
    const auto file = open_file(root_path(path));
    std::vector<std::byte> out(static_cast<std::size_t>(file->size()));
    file->read(0, out);
    return out;
  };
  const auto good = bytes("tests/fixtures/safetensors/good.safetensors");
  const auto bin = [](std::string_view name) {
    return as_vector(saved(dict({text(name), tensor(storage("0", 1), 0, {1}, {1})}), {"abcd"}));
  };
  const auto first = [](std::vector<std::pair<std::string, std::vector<std::byte>>> files) {
    return open_checkpoint(*memory_files(std::move(files), "model"))->tensors()[0].name;
  };
  const auto index = as_vector(R"({"weight_map": {"b": "shard.bin"}})");
  EXPECT_EQ(first({{"pytorch_model.bin", bin("a")},
                   {"pytorch_model.bin.index.json", index},
                   {"shard.bin", bin("b")}}),
            "a");
  EXPECT_EQ(first({{"pytorch_model.bin.index.json", index}, {"shard.bin", bin("b")}}), "b");
  EXPECT_NE(first({{"pytorch_model.bin", bin("a")}, {"model.safetensors", good}}), "a");
}

}  // namespace
}  // namespace verdict::testing
