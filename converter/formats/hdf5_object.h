#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/dtype.h"
#include "verdict_convert/formats/hdf5_bytes.h"

namespace verdict::convert::hdf5 {

/// Kinds of messages in an object's header that the reader uses.
enum class MessageType : std::uint16_t {
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kOldFillValue = 0x04,
  kFillValue = 0x05,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kFilters = 0x0b,
  kAttribute = 0x0c,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kAttributeInfo = 0x15,
};

struct Message {
  MessageType type;
  std::span<const std::byte> bytes;
  std::uint64_t position;  ///< of `bytes` in the file
};

/// An object's header.
struct Object {
  std::uint64_t position = 0;                  ///< in the file
  std::vector<std::vector<std::byte>> blocks;  ///< what the messages point into
  std::vector<Message> messages;

  /// The first message of a type; null when there is none.
  const Message* find(MessageType type) const;
};

/// Reads the header at an address, in version 1 or 2, with its continuation blocks.
Object read_object(Bytes& file, std::uint64_t address);

inline constexpr std::size_t kMostAxes = 32;

/// Number and extent of elements.
struct Dataspace {
  std::vector<std::int64_t> shape;
  bool can_grow = false;  ///< an axis has another largest size
  bool is_null = false;   ///< no elements at all
};

Dataspace parse_dataspace(Fields fields);

/// The kind of an element.
struct Datatype {
  enum class Kind : std::uint8_t { kFloat, kFixedString, kVariableString, kOther };
  Kind kind = Kind::kOther;
  std::uint32_t size = 0;
  bool big_endian = false;
  DType dtype = DType::kF32;  ///< of `kFloat`
  std::string_view name;      ///< for messages: "an integer", "a compound", …
};

Datatype parse_datatype(Fields fields);

/// Attributes that are lists of strings.
class Attributes {
 public:
  explicit Attributes(Bytes& file) : file_(file) {}

  /// The strings of an attribute that Keras writes whole or, where it is long, in parts (`name0`,
  /// `name1`, …); nothing when the object has none. Throws when a value is no list of strings.
  std::optional<std::vector<std::string>> strings(const Object& object, std::string_view name);

 private:
  using GlobalHeap = std::map<std::uint64_t, std::string>;

  /// By number of the part; the whole is part -1.
  using Parts = std::map<std::int64_t, std::vector<std::string>>;

  void parse(Fields fields, std::string_view name, Parts& parts);
  std::string variable_string(Fields& element, std::uint64_t length);

  Bytes& file_;
  std::map<std::uint64_t, GlobalHeap> heaps_;  // by address
};

}  // namespace verdict::convert::hdf5
