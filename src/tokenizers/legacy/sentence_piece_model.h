#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace verdict {

/// A file of sentencepiece (sentencepiece_model.proto), as far as tokenizers need it.
struct SentencePieceModel {
  enum class Type : std::uint8_t { kUnigram = 1, kBpe = 2 };
  enum class PieceType : std::uint8_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6,
  };
  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::kNormal;
  };

  Type type = Type::kUnigram;
  std::vector<Piece> pieces;  ///< by id
  std::int64_t unk_id = 0;
  std::string unk_piece = "<unk>";
  std::string precompiled_charsmap;  ///< empty: none
};

/// Throws `kCorruptFile`, with `name`, for a file that is damaged, cut off or contradicts itself,
/// `kUnsupported` for models of words or characters.
SentencePieceModel read_sentence_piece_model(std::string_view bytes, std::string_view name);

}  // namespace verdict
