#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace verdict {

/// Reads one message of the Protocol Buffers wire format field by field. Every length is checked;
/// groups, which no current schema has, are refused.
class ProtobufReader {
 public:
  enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  struct Field {
    std::uint32_t number = 0;
    WireType type = WireType::kVarint;
    std::uint64_t value = 0;  ///< of a varint or a fixed number
    std::string_view bytes;   ///< of a string, bytes or message, within the reader's own bytes
  };

  /// `name` is for messages; both must live as long as the reader.
  ProtobufReader(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  /// Whether there was another field, which is then in `field`. Throws `kCorruptFile` for bytes
  /// that are no such message or end within one.
  bool next(Field& field);

 private:
  std::uint64_t read_varint();
  std::uint64_t read_fixed(std::size_t size);
  std::string_view take(std::uint64_t size);
  [[noreturn]] void corrupt(std::string_view what) const;

  std::string_view bytes_;
  std::string_view name_;
  std::size_t at_ = 0;
};

}  // namespace verdict
