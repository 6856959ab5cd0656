#include "verdict/tokenizers/legacy/sentence_piece_model.h"

#include <bit>
#include <cmath>

#include "verdict/base/error.h"
#include "verdict/base/protobuf.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

using Field = ProtobufReader::Field;
using WireType = ProtobufReader::WireType;

class ModelReader {
 public:
  explicit ModelReader(std::string_view name) : name_(name) {}

  SentencePieceModel read(std::string_view bytes) {
    bool has_trainer = false;
    bool has_normalizer = false;
    for_each_field(bytes, [&](const Field& field) {
      if (field.number == 1) model_.pieces.push_back(read_piece(text(field, "pieces")));
      if (field.number == 2) {
        read_trainer(text(field, "trainer_spec"));
        has_trainer = true;
      }
      if (field.number == 3) {
        read_normalizer(text(field, "normalizer_spec"));
        has_normalizer = true;
      }
    });
    // sentencepiece writes both behind the pieces, so that a file cut between two fields shows.
    if (!has_trainer || !has_normalizer) corrupt("it ends before its specifications");
    if (model_.pieces.empty()) corrupt("it has no pieces");
    if (model_.unk_id < 0 || model_.unk_id >= static_cast<std::int64_t>(model_.pieces.size())) {
      corrupt(concat("its unk_id is ", model_.unk_id, ", but it has ", model_.pieces.size(),
                     " pieces"));
    }
    return std::move(model_);
  }

 private:
  [[noreturn]] void corrupt(std::string_view what) const {
    throw Error(ErrorCode::kCorruptFile,
                concat("\"", name_, "\" is not a valid sentencepiece model: ", what, "."));
  }

  template <typename Visit>
  void for_each_field(std::string_view bytes, const Visit& visit) const {
    ProtobufReader reader(bytes, name_);
    for (Field field; reader.next(field);) visit(field);
  }

  void expect(const Field& field, WireType type, std::string_view what) const {
    if (field.type != type) corrupt(concat("its ", what, " is of another kind"));
  }
  std::string_view text(const Field& field, std::string_view what) const {
    expect(field, WireType::kBytes, what);
    return field.bytes;
  }
  std::int64_t integer(const Field& field, std::string_view what) const {
    expect(field, WireType::kVarint, what);
    return static_cast<std::int64_t>(field.value);
  }

  SentencePieceModel::Piece read_piece(std::string_view bytes) const {
    SentencePieceModel::Piece piece;
    for_each_field(bytes, [&](const Field& field) {
      if (field.number == 1) piece.text = text(field, "piece");
      if (field.number == 2) {
        expect(field, WireType::kFixed32, "score");
        piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
      }
      if (field.number == 3) {
        const std::int64_t type = integer(field, "type");
        if (type < 1 || type > 6) corrupt(concat("a piece is of the unknown type ", type));
        piece.type = static_cast<SentencePieceModel::PieceType>(type);
      }
    });
    if (piece.text.empty()) corrupt("a piece is empty");
    if (find_invalid_utf8(piece.text)) corrupt("a piece is not UTF-8");
    if (!std::isfinite(piece.score)) {
      corrupt(concat("the score of the piece \"", piece.text, "\" is not finite"));
    }
    return piece;
  }

  void read_trainer(std::string_view bytes) {
    for_each_field(bytes, [&](const Field& field) {
      if (field.number == 3) {
        const std::int64_t type = integer(field, "model_type");
        if (type != 1 && type != 2) {
          throw Error(ErrorCode::kUnsupported,
                      concat("The sentencepiece model \"", name_, "\" is of the model_type ", type,
                             "; Unigram (1) and BPE (2) are supported."));
        }
        model_.type = static_cast<SentencePieceModel::Type>(type);
      }
      if (field.number == 40) model_.unk_id = integer(field, "unk_id");
      if (field.number == 45) model_.unk_piece = text(field, "unk_piece");
    });
  }

  void read_normalizer(std::string_view bytes) {
    for_each_field(bytes, [&](const Field& field) {
      if (field.number == 2) model_.precompiled_charsmap = text(field, "precompiled_charsmap");
    });
  }

  std::string_view name_;
  SentencePieceModel model_;
};

}  // namespace

SentencePieceModel read_sentence_piece_model(std::string_view bytes, std::string_view name) {
  return ModelReader(name).read(bytes);
}

}  // namespace verdict
