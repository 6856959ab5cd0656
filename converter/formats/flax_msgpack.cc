#include "verdict_convert/formats/flax_msgpack.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict_convert/formats/msgpack.h"

namespace verdict::convert {

namespace {

using Kind = MsgpackReader::Kind;
using Value = MsgpackReader::Value;

constexpr std::string_view kFormat = "Flax file";

/// Extension types of flax.serialization.
constexpr std::int8_t kArray = 1;
constexpr std::int8_t kNumpyScalar = 3;

constexpr std::uint64_t kLeastBudget = 1 << 16;

/// The first key of an array in chunks.
constexpr std::string_view kChunked = "__msgpack_chunked_array__";

constexpr std::size_t kDeepest = 64;
constexpr std::uint64_t kLongestKey = 1024;
constexpr std::uint64_t kMostAxes = 32;
/// Chunks have a GiB each.
constexpr std::uint64_t kMostParts = 4096;
/// What an array takes in memory beside its name.
constexpr std::uint64_t kArrayEntry = 200;

constexpr std::array<std::pair<std::string_view, DType>, 13> kDtypes{{
    {"bool", DType::kBool},
    {"uint8", DType::kU8},
    {"int8", DType::kI8},
    {"uint16", DType::kU16},
    {"int16", DType::kI16},
    {"uint32", DType::kU32},
    {"int32", DType::kI32},
    {"uint64", DType::kU64},
    {"int64", DType::kI64},
    {"float16", DType::kF16},
    {"bfloat16", DType::kBF16},
    {"float32", DType::kF32},
    {"float64", DType::kF64},
}};

/// Bytes of an array, in one piece.
struct Piece {
  std::uint64_t position = 0;
  std::uint64_t size = 0;
};

/// An array, or a chunk of one.
struct Array {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::vector<Piece> pieces;
};

class FlaxParser {
 public:
  using Emit = std::function<void(std::string, Array)>;

  FlaxParser(const ByteSource& source, const Emit& emit)
      : source_(source),
        reader_(source, 0, source.size(), kFormat),
        emit_(emit),
        budget_(2 * source.size() + kLeastBudget) {}

  void parse() {
    map(reader_.expect(Kind::kMap, "a map of parameters"), "", 0);
    if (!reader_.at_end()) reader_.corrupt(reader_.next().position, "something follows the map");
  }

 private:
  /// The pairs of a map. Recursion is bounded by `kDeepest`.
  void map(const Value& value, const std::string& name, std::size_t depth) {
    if (depth == kDeepest)
      reader_.unsupported(value.position, concat("maps are more than ", kDeepest, " deep"));
    for (std::uint64_t i = 0; i < value.size; ++i) {
      const std::string key = string_key();
      if (i == 0 && key == kChunked) {
        chunked(value, name);
        return;
      }
      const std::string path = name.empty() ? key : concat(name, ".", key);
      charge(value, path.size());
      const Value entry = reader_.next();
      if (entry.kind == Kind::kMap) {
        map(entry, path, depth + 1);
      } else if (entry.kind == Kind::kExtension) {
        charge(entry, kArrayEntry);
        emit_(path, array(entry, path));
      } else {
        reader_.unsupported(entry.position, concat("the entry ", quoted_text(path),
                                                   " is neither an array nor a map"));
      }
    }
  }

  /// Counts memory: names that many parameters share, and tiny arrays, would add up to far more
  /// than the file.
  void charge(const Value& at, std::uint64_t bytes) {
    if (bytes > budget_) reader_.unsupported(at.position, "its names take more room than the file");
    budget_ -= bytes;
  }

  std::string string_key() {
    return reader_.text(reader_.expect(Kind::kString, "a name"), kLongestKey);
  }

  std::int64_t size_of_axis(MsgpackReader& reader) {
    const Value size = reader.expect(Kind::kInteger, "the size of an axis");
    if (size.is_negative || size.number > INT64_MAX)
      reader.corrupt(size.position, "an axis has an impossible size");
    return static_cast<std::int64_t>(size.number);
  }

  /// [shape, dtype, bytes]
  Array array(const Value& extension, const std::string& name) {
    if (extension.type != kArray && extension.type != kNumpyScalar) {
      reader_.unsupported(extension.position,
                          concat("the entry ", quoted_text(name), " is of type ",
                                 int{extension.type}, "; 1 or 3 was expected"));
    }
    MsgpackReader in(source_, extension.position, extension.position + extension.size, kFormat);
    if (in.expect(Kind::kArray, "an array's parts").size != 3)
      in.corrupt(extension.position, "an array has other parts than shape, type and bytes");
    Array out;
    const Value shape = in.expect(Kind::kArray, "a shape");
    if (shape.size > kMostAxes)
      in.corrupt(shape.position,
                 concat("the array ", quoted_text(name), " has ", shape.size, " axes"));
    for (std::uint64_t i = 0; i < shape.size; ++i) out.shape.push_back(size_of_axis(in));
    const Value type = in.expect(Kind::kString, "the name of a dtype");
    const std::string dtype = in.text(type, kLongestKey);
    const auto known = std::ranges::find(kDtypes, dtype, &decltype(kDtypes)::value_type::first);
    if (known == kDtypes.end()) {
      in.unsupported(type.position, concat("the array ", quoted_text(name),
                                           " has the unknown dtype ", quoted_text(dtype)));
    }
    out.dtype = known->second;
    const Value data = in.expect(Kind::kBinary, "an array's bytes");
    const auto count = element_count(out.shape);
    const auto bytes = count ? checked_mul(*count, static_cast<std::int64_t>(dtype_size(out.dtype)))
                             : std::nullopt;
    if (!bytes || static_cast<std::uint64_t>(*bytes) != data.size) {
      in.corrupt(data.position, concat("the array ", quoted_text(name), " of ", dtype, " ",
                                       shape_string(out.shape), " has ", data.size, " bytes"));
    }
    if (!in.at_end()) in.corrupt(data.position + data.size, "something follows an array");
    out.pieces.push_back({data.position, data.size});
    return out;
  }

  /// The pairs of a map {"0": …, "1": …} in the order of their numbers.
  template <typename T, typename Read>
  std::vector<T> numbered(const Read& read, std::string_view what) {
    const Value map = reader_.expect(Kind::kMap, what);
    if (map.size > kMostParts)
      reader_.unsupported(map.position, concat(what, " has ", map.size, " parts"));
    std::vector<std::optional<T>> found(static_cast<std::size_t>(map.size));
    for (std::uint64_t i = 0; i < map.size; ++i) {
      const std::string key = string_key();
      std::uint64_t number = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
      if (error != std::errc() || end != key.data() + key.size() || number >= map.size)
        reader_.corrupt(map.position, concat(what, " has the part ", quoted_text(key)));
      auto& place = found[static_cast<std::size_t>(number)];
      if (place) reader_.corrupt(map.position, concat(what, " has the part ", number, " twice"));
      place = read();
    }
    std::vector<T> out;
    for (auto& part : found) out.push_back(std::move(*part));
    return out;
  }

  /// An array that is stored in flat chunks, behind its first key.
  void chunked(const Value& map, const std::string& name) {
    const Value marker = reader_.next();
    if (map.size != 3 || marker.kind != Kind::kBoolean || marker.number != 1)
      reader_.corrupt(map.position,
                      concat("the chunked array ", quoted_text(name), " has other parts"));
    Array out;
    std::vector<Array> chunks;
    bool has_shape = false;
    for (int i = 0; i < 2; ++i) {
      const std::string key = string_key();
      if (key == "shape" && !has_shape) {
        has_shape = true;
        out.shape = numbered<std::int64_t>([&] { return size_of_axis(reader_); }, "a shape");
      } else if (key == "chunks" && chunks.empty()) {
        chunks = numbered<Array>(
            [&] { return array(reader_.expect(Kind::kExtension, "a chunk"), name); },
            "a list of chunks");
      } else {
        reader_.corrupt(map.position, concat("the chunked array ", quoted_text(name),
                                             " has the part ", quoted_text(key)));
      }
    }
    std::uint64_t bytes = 0;
    for (const Array& chunk : chunks) {
      if (chunk.dtype != chunks.front().dtype)
        reader_.corrupt(map.position,
                        concat("the chunks of ", quoted_text(name), " differ in dtype"));
      out.pieces.push_back(chunk.pieces.front());
      bytes += chunk.pieces.front().size;
    }
    if (!chunks.empty()) out.dtype = chunks.front().dtype;
    const auto count = element_count(out.shape);
    const auto expected =
        count ? checked_mul(*count, static_cast<std::int64_t>(dtype_size(out.dtype)))
              : std::nullopt;
    if (!expected || static_cast<std::uint64_t>(*expected) != bytes ||
        out.shape.size() > kMostAxes) {
      reader_.corrupt(map.position, concat("the chunked array ", quoted_text(name), " of shape ",
                                           shape_string(out.shape), " has ", bytes, " bytes"));
    }
    emit_(name, std::move(out));
  }

  const ByteSource& source_;
  MsgpackReader reader_;
  const Emit& emit_;
  std::uint64_t budget_;
};

class FlaxMsgpack final : public CheckpointReader {
 public:
  explicit FlaxMsgpack(std::vector<std::unique_ptr<ByteSource>> files) : files_(std::move(files)) {
    std::set<std::string> names;
    for (const auto& file : files_) {
      const FlaxParser::Emit emit = [&](std::string name, Array array) {
        if (!names.insert(name).second) {
          throw Error(ErrorCode::kCorruptFile,
                      concat("\"", file->name(), "\" is not a valid ", kFormat, ": the parameter ",
                             quoted_text(name), " stands twice."));
        }
        std::uint64_t bytes = 0;
        for (const Piece& piece : array.pieces) bytes += piece.size;
        const std::uint64_t begin = array.pieces.empty() ? 0 : array.pieces.front().position;
        infos_.push_back(
            {std::move(name), array.dtype, std::move(array.shape), begin, begin + bytes});
        stored_.push_back({file.get(), std::move(array.pieces)});
      };
      FlaxParser(*file, emit).parse();
    }
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }

  void read(std::size_t index, std::span<std::byte> out) const override {
    const Stored& stored = stored_.at(index);
    for (const Piece& piece : stored.pieces) {
      const auto size = static_cast<std::size_t>(piece.size);
      stored.file->read(piece.position, out.first(size));
      out = out.subspan(size);
    }
  }

 private:
  struct Stored {
    const ByteSource* file;
    std::vector<Piece> pieces;
  };

  std::vector<std::unique_ptr<ByteSource>> files_;
  std::vector<TensorInfo> infos_;
  std::vector<Stored> stored_;
};

}  // namespace

std::unique_ptr<CheckpointReader> open_flax_msgpack(
    std::vector<std::unique_ptr<ByteSource>> files) {
  return std::make_unique<FlaxMsgpack>(std::move(files));
}

}  // namespace verdict::convert
