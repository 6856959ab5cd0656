#include "verdict_convert/formats/tensor_bundle.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict_convert/formats/bundle_entry.h"
#include "verdict_convert/formats/crc32c.h"
#include "verdict_convert/formats/object_graph.h"
#include "verdict_convert/formats/sstable.h"

namespace verdict::convert {

namespace {

constexpr std::string_view kObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
constexpr std::int64_t kString = 7;
constexpr std::int64_t kMostShards = 99'999;  // as many as five digits count
constexpr std::size_t kMostNameBytes = 4096;
constexpr std::size_t kReadSize = 1 << 18;  // what a checksum finds in the cache

/// Values of TensorFlow's DataType.
constexpr std::array<std::pair<std::int64_t, DType>, 13> kDTypes{{{1, DType::kF32},
                                                                  {2, DType::kF64},
                                                                  {3, DType::kI32},
                                                                  {4, DType::kU8},
                                                                  {5, DType::kI16},
                                                                  {6, DType::kI8},
                                                                  {9, DType::kI64},
                                                                  {10, DType::kBool},
                                                                  {14, DType::kBF16},
                                                                  {17, DType::kU16},
                                                                  {19, DType::kF16},
                                                                  {22, DType::kU32},
                                                                  {23, DType::kU64}}};

/// Bytes of a data file with their checksum.
struct Piece {
  const ByteSource* file = nullptr;
  std::int64_t shard = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  std::int64_t start = 0;  ///< along the tensor's axis
  std::int64_t count = 0;
};

/// A tensor: pieces one after another along an axis.
struct Stored {
  TensorInfo info;
  std::size_t axis = 0;
  std::vector<Piece> pieces;
  std::string full_name;
};

[[noreturn]] void wrong_checksum(const Piece& piece, std::string_view tensor) {
  throw Error(
      ErrorCode::kCorruptFile,
      concat("\"", piece.file->name(), "\" is damaged: the checksum of \"", tensor, "\" at bytes ",
             piece.offset, " to ", piece.offset + piece.size, " is wrong. Get the file again."));
}

void read_piece(const Piece& piece, std::string_view tensor, std::span<std::byte> out) {
  std::uint32_t crc = 0;
  for (std::size_t at = 0; at < out.size();) {
    const auto part = out.subspan(at, std::min(kReadSize, out.size() - at));
    piece.file->read(piece.offset + at, part);
    crc = crc32c(part, crc);
    at += part.size();
  }
  if (masked_crc(crc) != piece.crc) wrong_checksum(piece, tensor);
}

class BundleReader final : public CheckpointReader {
 public:
  BundleReader(std::vector<Stored> stored,
               std::map<std::int64_t, std::unique_ptr<ByteSource>> shards)
      : stored_(std::move(stored)), shards_(std::move(shards)) {
    for (const Stored& tensor : stored_) infos_.push_back(tensor.info);
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }

  void read(std::size_t index, std::span<std::byte> out) const override {
    const Stored& tensor = stored_.at(index);
    if (tensor.pieces.size() == 1) return read_piece(tensor.pieces[0], tensor.info.name, out);
    const auto& shape = tensor.info.shape;
    std::size_t outer = 1;
    for (std::size_t axis = 0; axis < tensor.axis; ++axis)
      outer *= static_cast<std::size_t>(shape[axis]);
    const std::size_t row = out.size() / outer;
    const std::size_t inner = row / static_cast<std::size_t>(shape[tensor.axis]);
    std::vector<std::byte> bytes;
    for (const Piece& piece : tensor.pieces) {
      const std::size_t begin = static_cast<std::size_t>(piece.start) * inner;
      const std::size_t part = static_cast<std::size_t>(piece.count) * inner;
      if (outer == 1) {
        read_piece(piece, tensor.info.name, out.subspan(begin, part));
        continue;
      }
      bytes.resize(part * outer);
      read_piece(piece, tensor.info.name, bytes);
      for (std::size_t i = 0; i < outer; ++i)
        std::memcpy(out.data() + i * row + begin, bytes.data() + i * part, part);
    }
  }

 private:
  std::vector<Stored> stored_;
  std::vector<TensorInfo> infos_;
  std::map<std::int64_t, std::unique_ptr<ByteSource>> shards_;
};

/// Reads an index and checks what it says of the data files.
class BundleOpener {
 public:
  BundleOpener(const FileSet& files, const std::string& index_file)
      : files_(files),
        prefix_(index_file.substr(0, index_file.size() - kSuffix.size())),
        index_(files.require(index_file)) {}

  static constexpr std::string_view kSuffix = ".index";

  TensorBundle open() {
    read_table(*index_, [&](const TableEntry& entry) { take(entry); });
    if (!has_header_) refuse("it has no header");
    for (auto& [name, entry] : named_) resolve(name, entry);
    check_ranges();
    std::stable_sort(stored_.begin(), stored_.end(), [](const Stored& a, const Stored& b) {
      return std::pair(a.pieces[0].shard, a.pieces[0].offset) <
             std::pair(b.pieces[0].shard, b.pieces[0].offset);
    });
    TensorBundle bundle;
    bundle.object_based = graph_.has_value();
    if (graph_) {
      const auto names = read_object_graph(*graph_, index_->name());
      for (const Stored& tensor : stored_) {
        const auto found = names.find(tensor.info.name);
        bundle.full_names.push_back(found == names.end() ? "" : found->second);
        if (!is_text(bundle.full_names.back()))
          refuse(concat("the full name of \"", tensor.info.name, "\" is no text"));
      }
    }
    bundle.reader = std::make_unique<BundleReader>(std::move(stored_), std::move(shards_));
    return bundle;
  }

 private:
  [[noreturn]] void fail(ErrorCode code, std::string_view what) const {
    throw Error(code, concat("\"", index_->name(), "\" ",
                             code == ErrorCode::kUnsupported ? "cannot be read"
                                                             : "is not a valid TensorFlow index",
                             ": ", what, "."));
  }
  [[noreturn]] void refuse(std::string_view what) const { fail(ErrorCode::kCorruptFile, what); }

  static bool is_text(std::string_view text) {
    return !find_invalid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
  }

  /// An entry's place, for messages that quote it.
  std::string label(std::string_view variable) const {
    return concat(index_->name(), "\" at \"", variable);
  }

  void take(const TableEntry& entry) {
    if (!has_header_) {
      if (!entry.key.empty()) refuse("its first entry is no header");
      take_header(parse_bundle_header(entry.value, index_->name()));
      has_header_ = true;
      return;
    }
    // Names of variables are text; the keys of their slices begin with a zero.
    if (entry.key.front() == '\0' && entry.key.size() <= 2 * kMostNameBytes) {
      slices_.emplace(entry.key, entry.value);
      return;
    }
    if (entry.key.size() > kMostNameBytes || !is_text(entry.key)) {
      refuse(concat("the block at byte ", entry.block, " has a key of ", entry.key.size(),
                    " bytes that is no variable's name"));
    }
    named_.emplace_back(entry.key, parse_bundle_entry(entry.value, label(entry.key)));
  }

  void take_header(const BundleHeader& header) {
    if (header.num_shards < 1 || header.num_shards > kMostShards)
      refuse(concat("its header counts ", header.num_shards, " data files"));
    if (header.big_endian)
      fail(ErrorCode::kUnsupported,
           "its data are big-endian; TensorFlow on other machines expects "
           "little-endian files");
    if (header.min_consumer > 1) {
      fail(ErrorCode::kUnsupported,
           concat("it asks for a reader of version ", header.min_consumer, "; this one is of 1"));
    }
    num_shards_ = header.num_shards;
  }

  const ByteSource& shard(std::int64_t number, std::string_view variable) {
    if (number < 0 || number >= num_shards_) {
      refuse(concat("\"", variable, "\" lies in data file ", number, " of ", num_shards_));
    }
    std::unique_ptr<ByteSource>& file = shards_[number];
    if (!file) {
      const auto digits = [](std::int64_t n) {
        const std::string text = std::to_string(n);
        return std::string(5 - std::min<std::size_t>(5, text.size()), '0') + text;
      };
      file = files_.require(concat(prefix_, ".data-", digits(number), "-of-", digits(num_shards_)));
    }
    return *file;
  }

  /// The entry's bytes, which lie within their file.
  Piece piece(std::string_view variable, const BundleEntry& entry) {
    Piece out;
    out.file = &shard(entry.shard, variable);
    out.shard = entry.shard;
    const auto end = checked_add(entry.offset, entry.size);
    if (entry.offset < 0 || entry.size < 0 || !end ||
        static_cast<std::uint64_t>(*end) > out.file->size()) {
      refuse(concat("\"", variable, "\" takes ", entry.size, " bytes at ", entry.offset, " of \"",
                    out.file->name(), "\", which has ", out.file->size()));
    }
    out.offset = static_cast<std::uint64_t>(entry.offset);
    out.size = static_cast<std::uint64_t>(entry.size);
    out.crc = entry.crc;
    if (out.size > 0) ranges_.push_back({out.shard, out.offset, out.offset + out.size, variable});
    return out;
  }

  /// The number of elements of a shape that a tensor in memory can have.
  std::int64_t elements(std::string_view variable, const BundleEntry& entry) const {
    const auto count = element_count(entry.shape);
    if (!count || entry.unknown_rank) {
      refuse(concat("\"", variable, "\" has the ",
                    entry.unknown_rank ? "unknown shape" : "impossible shape ",
                    shape_string(entry.shape)));
    }
    return *count;
  }

  void resolve(const std::string& name, const BundleEntry& entry) {
    if (entry.dtype == kString && entry.slices.empty()) return take_strings(name, entry);
    const auto known = std::find_if(kDTypes.begin(), kDTypes.end(), [&](const auto& candidate) {
      return candidate.first == entry.dtype;
    });
    if (known == kDTypes.end()) {
      fail(ErrorCode::kUnsupported,
           concat("\"", name, "\" has TensorFlow's dtype ", entry.dtype,
                  "; floating-point, integer, boolean and string variables are read"));
    }
    Stored tensor;
    tensor.info = {name, known->second, entry.shape, 0, 0};
    const auto bytes =
        checked_mul(elements(name, entry), static_cast<std::int64_t>(dtype_size(known->second)));
    if (!bytes) {
      refuse(concat("\"", name, "\" has the impossible shape ", shape_string(entry.shape)));
    }
    if (entry.slices.empty()) {
      if (entry.size != *bytes) {
        refuse(concat("\"", name, "\" of ", dtype_name(known->second), " ",
                      shape_string(entry.shape), " has ", entry.size, " bytes of data instead of ",
                      *bytes));
      }
      tensor.pieces.push_back(piece(name, entry));
    } else {
      take_slices(name, entry, tensor);
    }
    tensor.info.begin = tensor.pieces[0].offset;
    tensor.info.end = tensor.info.begin + static_cast<std::uint64_t>(*bytes);
    stored_.push_back(std::move(tensor));
  }

  /// A partitioned variable: its slices follow one another along one axis, as TensorFlow writes
  /// them.
  void take_slices(const std::string& name, const BundleEntry& entry, Stored& tensor) {
    bool has_axis = false;
    for (const std::string& message : entry.slices) {
      const Slice slice = parse_slice(message, label(name));
      if (slice.size() != entry.shape.size() || slice.empty())
        refuse(concat("a slice of \"", name, "\" has ", slice.size(), " axes"));
      std::vector<std::int64_t> shape = entry.shape;
      std::int64_t start = 0;
      for (std::size_t axis = 0; axis < slice.size(); ++axis) {
        const std::int64_t length = slice[axis].length.value_or(entry.shape[axis]);
        const auto end = checked_add(slice[axis].start, length);
        if (slice[axis].start < 0 || length < 0 || !end || *end > entry.shape[axis])
          refuse(concat("a slice of \"", name, "\" lies outside of its shape"));
        shape[axis] = length;
        if (length == entry.shape[axis]) continue;
        if (has_axis && axis != tensor.axis) {
          fail(ErrorCode::kUnsupported,
               concat("\"", name, "\" is partitioned along more than one axis"));
        }
        has_axis = true;
        tensor.axis = axis;
        start = slice[axis].start;
      }
      const auto found = slices_.find(slice_key(name, slice));
      if (found == slices_.end())
        refuse(concat("the data of a slice of \"", name, "\" are missing"));
      const BundleEntry data = parse_bundle_entry(found->second, label(name));
      const auto bytes = checked_mul(elements(name, data),
                                     static_cast<std::int64_t>(dtype_size(tensor.info.dtype)));
      if (data.dtype != entry.dtype || data.shape != shape || !data.slices.empty() ||
          data.size != bytes) {
        refuse(concat("the data of a slice of \"", name, "\" have another shape or dtype"));
      }
      tensor.pieces.push_back(piece(name, data));
      tensor.pieces.back().start = start;
      tensor.pieces.back().count = shape[tensor.axis];
    }
    std::stable_sort(tensor.pieces.begin(), tensor.pieces.end(),
                     [](const Piece& a, const Piece& b) { return a.start < b.start; });
    std::int64_t next = 0;
    for (Piece& part : tensor.pieces) {
      if (part.start != next)
        refuse(concat("the slices of \"", name, "\" overlap or leave a hole"));
      next += part.count;
    }
    if (next != entry.shape[tensor.axis])
      refuse(concat("the slices of \"", name, "\" do not cover it"));
  }

  /// Strings are no weights: they are checked, and the object graph is kept.
  void take_strings(const std::string& name, const BundleEntry& entry) {
    const Piece where = piece(name, entry);
    const std::int64_t count = elements(name, entry);
    std::string bytes(static_cast<std::size_t>(where.size), '\0');
    where.file->read(where.offset, std::as_writable_bytes(std::span(bytes)));
    std::string_view rest = bytes;
    const auto damaged = [&] { wrong_checksum(where, name); };
    const auto little_endian = [](std::uint64_t value, std::size_t size) {
      std::array<std::byte, 8> out{};
      for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(value >> 8 * i & 0xff);
      return out;
    };
    // Lengths, the checksum of the lengths as numbers of 4 (or 8) bytes, then all strings.
    std::uint32_t crc = 0;
    std::uint64_t total = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      std::uint64_t length = 0;
      for (unsigned shift = 0;; shift += 7) {
        if (rest.empty() || shift > 56) damaged();
        const auto byte = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        length |= std::uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80) break;
      }
      if (length > bytes.size()) damaged();
      total += length;
      const std::size_t width = length <= UINT32_MAX ? 4 : 8;
      const auto number = little_endian(length, width);
      crc = crc32c(std::span(number).first(width), crc);
    }
    const auto checksum = little_endian(masked_crc(crc), 4);
    if (rest.size() < 4 || std::memcmp(rest.data(), checksum.data(), 4) != 0) damaged();
    crc = crc32c(std::as_bytes(std::span(rest)), crc);
    rest.remove_prefix(4);
    if (rest.size() != total || masked_crc(crc) != where.crc) damaged();
    if (name == kObjectGraphKey && count == 1) graph_ = std::string(rest);
  }

  /// Bytes belong to one variable, or wholly to several: reading all of them takes a time that the
  /// files' size bounds.
  void check_ranges() {
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
      return std::tie(a.shard, a.begin, a.end) < std::tie(b.shard, b.begin, b.end);
    });
    std::uint64_t shared = 0, files = 0;
    for (const auto& [number, file] : shards_) files += file->size();
    for (std::size_t i = 1; i < ranges_.size(); ++i) {
      const Range& before = ranges_[i - 1];
      const Range& range = ranges_[i];
      if (range.shard != before.shard || range.begin >= before.end) continue;
      if (range.begin != before.begin || range.end != before.end) {
        refuse(concat("the data of \"", before.variable, "\" and \"", range.variable,
                      "\" overlap at byte ", range.begin));
      }
      shared += range.end - range.begin;
    }
    if (shared > files) refuse("too many variables share the same data");
  }

  struct Range {
    std::int64_t shard;
    std::uint64_t begin;
    std::uint64_t end;
    std::string_view variable;
  };

  const FileSet& files_;
  std::string prefix_;
  std::unique_ptr<ByteSource> index_;
  bool has_header_ = false;
  std::int64_t num_shards_ = 0;
  std::vector<std::pair<std::string, BundleEntry>> named_;
  std::map<std::string, std::string, std::less<>> slices_;
  std::map<std::int64_t, std::unique_ptr<ByteSource>> shards_;
  std::vector<Range> ranges_;
  std::vector<Stored> stored_;
  std::optional<std::string> graph_;
};

}  // namespace

TensorBundle open_tensor_bundle(const FileSet& files, const std::string& index_file) {
  if (!ends_with(index_file, BundleOpener::kSuffix)) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("\"", index_file, "\" is no TensorFlow index; give its .index file."));
  }
  return BundleOpener(files, index_file).open();
}

}  // namespace verdict::convert
