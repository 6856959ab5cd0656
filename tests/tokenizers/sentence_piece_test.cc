#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "support/errors.h"
#include "verdict/base/protobuf.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/auto_tokenizer.h"
#include "verdict/tokenizers/legacy/sentence_piece_model.h"

namespace verdict::testing {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value);
}

std::string bytes_field(std::uint32_t number, std::string_view bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

std::string varint_field(std::uint32_t number, std::uint64_t value) {
  return varint(number << 3) + varint(value);
}

std::string float_field(std::uint32_t number, float value) {
  std::string out = varint(number << 3 | 5);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(bits >> shift & 0xff);
  return out;
}

std::string piece(std::string_view text, float score, std::uint64_t type = 1) {
  return bytes_field(1, bytes_field(1, text) + float_field(2, score) + varint_field(3, type));
}

std::string model(std::string_view pieces, std::uint64_t type, std::uint64_t unk_id = 0) {
  return concat(pieces, bytes_field(2, varint_field(3, type) + varint_field(40, unk_id)),
                bytes_field(3, bytes_field(1, "identity")));
}

const std::string kPieces = piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) +
                            piece("▁a", -1) + piece("b", -2) + piece("▁ab", -2.5) +
                            piece("<sep>", 0, 4);

std::unique_ptr<PretrainedTokenizer> tokenizer_of(const std::string& file,
                                                  std::string_view tokenizer_class) {
  const auto bytes = [](std::string_view text) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return std::vector<std::byte>(first, first + text.size());
  };
  const auto files =
      memory_files({{"tokenizer.model", bytes(file)},
                    {"tokenizer_config.json",
                     bytes(concat("{\"tokenizer_class\": \"", tokenizer_class, "\"}"))}},
                   "memory");
  return AutoTokenizer::from_pretrained(*files);
}

TEST(Protobuf, ReadsFieldsAndSkipsNone) {
  const std::string bytes = varint_field(1, 300) + bytes_field(2, "x") + float_field(3, 1.5f) +
                            varint(4 << 3 | 1) + std::string(8, '\1');
  ProtobufReader reader(bytes, "m");
  ProtobufReader::Field field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.value, 300u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.bytes, "x");
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::bit_cast<float>(static_cast<std::uint32_t>(field.value)), 1.5f);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.value, 0x0101010101010101u);
  EXPECT_FALSE(reader.next(field));
}

TEST(Protobuf, RefusesWhatIsNoMessage) {
  const auto expect_corrupt = [](const std::string& bytes, const char* part) {
    expect_error(
        ErrorCode::kCorruptFile,
        [&] {
          ProtobufReader reader(bytes, "some.model");
          for (ProtobufReader::Field field; reader.next(field);) {
          }
        },
        "some.model", part);
  };
  expect_corrupt(varint(1 << 3 | 2) + varint(5) + "abc", "longer than the rest");
  expect_corrupt(varint(1 << 3 | 2) + varint(~std::uint64_t{0}), "longer than the rest");
  expect_corrupt(varint(1 << 3), "longer than the rest");
  expect_corrupt(std::string(11, '\xff'), "ten bytes");
  expect_corrupt(varint(1 << 3 | 3), "wire type");
  expect_corrupt(varint(0), "no valid number");
}

TEST(SentencePiece, ReadsPiecesAndSpecifications) {
  const SentencePieceModel read = read_sentence_piece_model(model(kPieces, 1), "m");
  ASSERT_EQ(read.pieces.size(), 7u);
  EXPECT_EQ(read.pieces[5].text, "▁ab");
  EXPECT_EQ(read.pieces[5].score, -2.5f);
  EXPECT_EQ(read.pieces[6].type, SentencePieceModel::PieceType::kUserDefined);
  EXPECT_EQ(read.type, SentencePieceModel::Type::kUnigram);
  EXPECT_EQ(read.unk_id, 0);
  EXPECT_EQ(read.unk_piece, "<unk>");
}

TEST(SentencePiece, CutAnywhereIsRefused) {
  const std::string file = model(kPieces, 2);
  for (std::size_t size = 0; size < file.size(); ++size) {
    expect_error(
        ErrorCode::kCorruptFile,
        [&] { read_sentence_piece_model(file.substr(0, size), "cut.model"); }, "cut.model");
  }
}

TEST(SentencePiece, AlteredBytesAreReadOrRefused) {
  const std::string file = model(kPieces, 1);
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string altered = file;
      altered[at] = static_cast<char>(value);
      try {
        read_sentence_piece_model(altered, "m");
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::kCorruptFile ||
                    error.code() == ErrorCode::kUnsupported);
      }
    }
  }
}

TEST(SentencePiece, RefusesWhatContradictsItself) {
  const auto expect_corrupt = [](const std::string& file, const char* part) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { read_sentence_piece_model(file, "m"); }, part);
  };
  expect_corrupt(model("", 1), "no pieces");
  expect_corrupt(model(kPieces, 1, 7), "unk_id");
  expect_corrupt(model(kPieces, 1, ~std::uint64_t{0}), "unk_id");
  expect_corrupt(model(piece("a", std::numeric_limits<float>::quiet_NaN()), 1), "not finite");
  expect_corrupt(model(piece("a", -std::numeric_limits<float>::infinity()), 1), "not finite");
  expect_corrupt(model(piece("\xff", 0), 1), "UTF-8");
  expect_corrupt(model(piece("", 0), 1), "empty");
  expect_corrupt(model(piece("a", 0, 9), 1), "type 9");
  expect_corrupt(kPieces, "specifications");
  expect_error(
      ErrorCode::kUnsupported, [&] { read_sentence_piece_model(model(kPieces, 3), "m"); },
      "model_type 3");
}

TEST(SentencePiece, UnigramAndBytePairsThroughTheirClasses) {
  const auto unigram = tokenizer_of(model(kPieces, 1), "T5Tokenizer");
  EXPECT_EQ(unigram->encode({"ab <sep>b", std::nullopt}).ids,
            (std::vector<std::int32_t>{5, 6, *unigram->token_to_id("<unk>"), 4, 2}));
  EXPECT_EQ(unigram->token_to_id("<extra_id_0>"), 106);
  const auto pairs = tokenizer_of(model(kPieces, 2), "LlamaTokenizer");
  EXPECT_EQ(pairs->encode({"ab", std::nullopt}).ids, (std::vector<std::int32_t>{1, 0, 4}));
  EXPECT_EQ(pairs->settings().padding_side, Side::kLeft);
  expect_error(
      ErrorCode::kUnsupported, [] { tokenizer_of(model(kPieces, 1), "NoSuchTokenizer"); },
      "NoSuchTokenizer");
  expect_error(
      ErrorCode::kNotFound, [] { tokenizer_of(model(kPieces, 1), "GPT2Tokenizer"); },
      "vocab.json and merges.txt");
}

}  // namespace
}  // namespace verdict::testing
