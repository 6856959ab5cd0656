#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"

namespace verdict::convert {

/// Reads MessagePack one value after another, from a part of a file. Nothing is read whole: of
/// strings, binaries and extensions only their place is told.
class MsgpackReader {
 public:
  enum class Kind : std::uint8_t {
    kNil,
    kBoolean,
    kInteger,
    kFloat,
    kString,
    kBinary,
    kArray,
    kMap,
    kExtension
  };

  struct Value {
    Kind kind = Kind::kNil;
    std::uint64_t number = 0;    ///< of a boolean or an integer that is not negative
    bool is_negative = false;    ///< of an integer
    std::uint64_t size = 0;      ///< in bytes; of an array in values, of a map in pairs
    std::int8_t type = 0;        ///< of an extension
    std::uint64_t position = 0;  ///< in the file, of the bytes or what follows
  };

  /// Reads the bytes from `begin` to `end`; `format` names the kind of file in messages.
  MsgpackReader(const ByteSource& source, std::uint64_t begin, std::uint64_t end,
                std::string_view format);

  /// The next value. The bytes of a string, binary or extension are passed over; the values of an
  /// array or map come next. Throws `kCorruptFile` where the bytes end within a value or a count
  /// tells of more values than can follow.
  Value next();

  /// A value of this kind, or an error.
  Value expect(Kind kind, std::string_view what);

  /// The bytes of a string, of at most so many.
  std::string text(const Value& value, std::uint64_t most) const;

  bool at_end() const { return at_ == end_; }

  [[noreturn]] void corrupt(std::uint64_t position, std::string_view what) const;
  [[noreturn]] void unsupported(std::uint64_t position, std::string_view what) const;

 private:
  std::uint8_t byte();
  std::uint64_t big_endian(std::size_t size);
  Value counted(Kind kind, std::uint64_t count, std::uint64_t values_each);
  Value sized(Kind kind, std::uint64_t size, std::int8_t type);
  std::string message(std::uint64_t position, std::string_view trouble,
                      std::string_view what) const;

  const ByteSource& source_;
  std::string_view format_;
  std::uint64_t at_;
  std::uint64_t end_;
  // A window of the file from which bytes are taken.
  std::vector<std::byte> window_;
  std::uint64_t window_at_ = 0;
};

}  // namespace verdict::convert
