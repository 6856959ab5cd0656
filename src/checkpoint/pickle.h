#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/dtype.h"
#include "verdict/base/error.h"

namespace verdict {

/// An element type of torch.
struct TorchType {
  std::string_view storage;  ///< name of its storage's class; empty: it has none
  std::string_view name;
  std::size_t size;  ///< bytes an element
  DType dtype;
  bool is_foreign;  ///< `DType` has no such type
};

/// A value of a pickle. Numbers stand in it, everything else is known by its place, so that values
/// that contain themselves or each other are copied and freed like any other.
struct PickleValue {
  enum class Kind : std::uint8_t {
    kOther,  ///< None, a float, bytes: nothing that a tensor needs
    kBool,
    kInt,
    kLong,  ///< an integer of more than 64 bits
    kString,
    kTuple,
    kList,
    kDict,
    kGlobal,
    kStorage,
    kTensor,
  };
  Kind kind = Kind::kOther;
  std::int64_t number = 0;  ///< the value of a number, else the place of what the kind says
};

/// What a pickle says of a storage.
struct PickledStorage {
  std::string_view key;
  const TorchType* type = nullptr;  ///< null: bytes
  std::uint64_t count = 0;          ///< of elements

  std::size_t element_size() const { return type == nullptr ? 1 : type->size; }
};

/// What a pickle says of a tensor: nothing is checked but the kinds.
struct PickledTensor {
  std::size_t storage = 0;
  const TorchType* type = nullptr;
  std::int64_t offset = 0;
  PickleValue sizes;    ///< a tuple
  PickleValue strides;  ///< a tuple
};

/// Reads pickles of protocols 2 to 5 that hold plain values, containers and torch's tensors.
/// Nothing is executed: a global is a name, and those of `kGlobals` are all that there are. Time
/// and memory grow with the bytes that were read.
class Pickle {
 public:
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28;

  /// At most `kMostBytes`, which must live as long as the pickle, as must `file`, for messages.
  Pickle(std::string_view bytes, std::string_view file) : bytes_(bytes), file_(file) {}

  /// The value of the next pickle. Throws `kUnsupported`, with its name, for any other global and
  /// for opcodes that torch.save does not write, else `kCorruptFile`.
  PickleValue load();

  /// Bytes up to the end of the pickles that were read.
  std::size_t position() const { return at_; }
  /// Whether a pickle had no end within the bytes.
  bool is_cut() const { return is_cut_; }

  /// A string, or the bytes of a long number, little-endian.
  std::string_view text(const PickleValue& value) const;
  /// Items of a tuple or list; keys and values of a dict, one after the other.
  std::span<const PickleValue> items(const PickleValue& container) const;
  const std::vector<PickledStorage>& storages() const { return storages_; }
  const PickledTensor& tensor(const PickleValue& value) const;

  /// `refuse` with the place in the pickles.
  [[noreturn]] void fail(std::string_view what, std::string_view name = {},
                         ErrorCode code = ErrorCode::kCorruptFile) const;

 private:
  using Kind = PickleValue::Kind;

  std::string_view take(std::uint64_t size);
  std::uint64_t take_number(std::size_t size);
  void push(Kind kind, std::uint64_t number = 0);
  void push_place(Kind kind, std::string_view part);
  void push_text(std::string_view text);
  void push_container(Kind kind, std::span<const PickleValue> items);
  PickleValue pop();
  const PickleValue& top() const;
  /// The values above the last mark, which are then dropped.
  std::vector<PickleValue> pop_to_mark();
  void push_tuple_of(std::size_t count);
  void push_long(std::string_view digits);
  void push_global(std::string_view module, std::string_view name);
  void extend(Kind kind, std::span<const PickleValue> items);
  void remember(std::uint64_t index);
  void recall(std::uint64_t index);
  void reduce();
  void push_tensor(std::span<const PickleValue> arguments, bool has_type);
  void push_storage();
  void build();

  std::string_view bytes_;
  std::string_view file_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  // of the opcode at hand
  std::size_t steps_ = 0;
  bool is_cut_ = false;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::vector<PickleValue> memo_;
  std::vector<std::vector<PickleValue>> containers_;
  std::vector<PickledStorage> storages_;
  std::map<std::string_view, std::size_t> storage_of_;  // by key
  std::vector<PickledTensor> tensors_;
};

}  // namespace verdict
