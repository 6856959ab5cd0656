#include "verdict_convert/formats/hdf5_dataset.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"

namespace verdict::convert::hdf5 {

namespace {

/// A compressed file may hold so many times its size.
constexpr std::uint64_t kMostInflation = 64;
/// A chunk's entry in an index takes no less.
constexpr std::uint64_t kLeastIndexEntry = 8;

constexpr std::string_view kLayout = "a dataset's layout";

class DatasetParser {
 public:
  DatasetParser(Bytes& file, const Object& object, DatasetLimits& limits, std::string_view name)
      : file_(file), object_(object), limits_(limits), name_(name) {}

  Dataset parse() {
    if (object_.find(MessageType::kExternalFiles) != nullptr) {
      unsupported(MessageType::kExternalFiles,
                  "has its data in another file; only one's own are read");
    }
    const Message& space_message = require(MessageType::kDataspace, "shape");
    const Dataspace space = parse_dataspace(fields(space_message, "a dataset's shape"));
    can_grow_ = space.can_grow;
    const Message& type_message = require(MessageType::kDatatype, "type");
    const Datatype type = parse_datatype(fields(type_message, "a dataset's type"));
    if (type.kind != Datatype::Kind::kFloat) {
      unsupported(MessageType::kDatatype,
                  concat("has elements of ", type.size, " bytes that are ", type.name,
                         "; weights are floats of 16, 32 or 64 bits"));
    }
    if (space.is_null) corrupt(MessageType::kDataspace, "has no elements");
    out_.dtype = type.dtype;
    out_.big_endian = type.big_endian;
    out_.shape = space.shape;
    const auto count = element_count(out_.shape);
    const auto bytes = count ? checked_mul(*count, std::int64_t{type.size}) : std::nullopt;
    if (!bytes) {
      corrupt(MessageType::kDataspace,
              concat("has the impossible shape ", shape_string(out_.shape)));
    }
    out_.byte_size = static_cast<std::uint64_t>(*bytes);
    parse_filters();
    parse_fill();
    parse_layout();
    return std::move(out_);
  }

 private:
  [[noreturn]] void corrupt(MessageType at, std::string_view what) const {
    file_.corrupt(position_of(at), concat("the dataset ", quoted_text(name_), " ", what));
  }
  [[noreturn]] void unsupported(MessageType at, std::string_view what) const {
    file_.unsupported(position_of(at), concat("the dataset ", quoted_text(name_), " ", what));
  }
  std::uint64_t position_of(MessageType type) const {
    const Message* message = object_.find(type);
    return message == nullptr ? object_.position : message->position;
  }

  const Message& require(MessageType type, std::string_view what) const {
    const Message* message = object_.find(type);
    if (message == nullptr)
      corrupt(MessageType::kLayout, concat("has no ", what, ", so it is no dataset"));
    return *message;
  }
  Fields fields(const Message& message, std::string_view what) const {
    return {file_, message.bytes, message.position, what};
  }

  void parse_filters() {
    const Message* message = object_.find(MessageType::kFilters);
    if (message == nullptr) return;
    Fields in = fields(*message, "a dataset's filters");
    const unsigned version = in.byte();
    if (version != 1 && version != 2)
      in.unsupported(concat("have version ", version, "; 1 or 2 was expected"));
    const unsigned count = in.byte();
    if (version == 1) in.skip(6);
    for (unsigned i = 0; i < count; ++i) {
      const std::uint64_t id = in.number(2);
      const std::uint64_t name_size = version == 1 || id >= 256 ? in.number(2) : 0;
      in.skip(2);
      const std::uint64_t values = in.number(2);
      in.skip(version == 1 ? (name_size + 7) / 8 * 8 : name_size);
      in.skip(4 * values);
      if (version == 1 && values % 2 == 1) in.skip(4);
      if (id < 1 || id > 3) {
        unsupported(MessageType::kFilters,
                    concat("is written with the filter ", id, id == 32000 ? " (lzf)" : "",
                           "; deflate, shuffle and fletcher32 are read"));
      }
      const auto filter = static_cast<Filter>(id);
      if (std::ranges::find(out_.filters, filter) != out_.filters.end())
        unsupported(MessageType::kFilters, concat("has the filter ", id, " twice"));
      out_.filters.push_back(filter);
    }
  }

  bool is_compressed() const {
    return std::ranges::find(out_.filters, Filter::kDeflate) != out_.filters.end();
  }

  void parse_fill() {
    std::uint64_t size = 0;
    const Message* message = object_.find(MessageType::kFillValue);
    std::optional<Fields> in;
    if (message != nullptr) {
      in = fields(*message, "a dataset's fill value");
      const unsigned version = in->byte();
      if (version == 3) {
        if ((in->byte() & 0x20) != 0) size = in->number(4);
      } else if (version == 1 || version == 2) {
        in->skip(2);
        if (const bool is_defined = in->byte() != 0; is_defined || version == 1)
          size = in->number(4);
      } else {
        in->unsupported(concat("has version ", version, "; 1, 2 or 3 was expected"));
      }
    } else if (message = object_.find(MessageType::kOldFillValue); message != nullptr) {
      in = fields(*message, "a dataset's fill value");
      size = in->number(4);
    }
    if (size == 0) return;
    if (size != dtype_size(out_.dtype)) in->corrupt("is no element");
    const auto bytes = in->take(size);
    out_.fill.assign(bytes.begin(), bytes.end());
  }

  void parse_layout() {
    Fields in = fields(require(MessageType::kLayout, "layout"), kLayout);
    const unsigned version = in.byte();
    if (version < 3 || version > 5)
      in.unsupported(concat("has version ", version, "; 3, 4 or 5 was expected"));
    const unsigned kind = in.byte();
    if (kind != 2 && !out_.filters.empty()) in.corrupt("has filters without chunks");
    if (kind == 0) {
      const std::uint64_t size = in.number(2);
      require_size(size);
      out_.position = in.position();
      in.skip(size);
      charge(size, out_.byte_size);
    } else if (kind == 1) {
      const std::uint64_t address = in.address();
      require_size(in.length());
      if (out_.byte_size == 0) return;
      if (address == kUndefined) corrupt(MessageType::kLayout, "was never written");
      out_.position =
          file_.position(address, out_.byte_size, concat("the data of ", quoted_text(name_)));
      charge(out_.byte_size, out_.byte_size);
    } else if (kind == 2) {
      version == 3 ? parse_chunks_3(in) : parse_chunks_4(in);
      finish_chunks();
    } else {
      in.unsupported(kind == 3 ? "is virtual: its data are in other files"
                               : "is of an unknown kind");
    }
  }

  void require_size(std::uint64_t size) const {
    if (size < out_.byte_size) {
      corrupt(MessageType::kLayout, concat("of shape ", shape_string(out_.shape), " needs ",
                                           out_.byte_size, " bytes, but ", size, " are stored"));
    }
  }

  void charge(std::uint64_t stored, std::uint64_t bytes) {
    limits_.charge(file_, position_of(MessageType::kLayout), stored, bytes, is_compressed());
  }

  /// Takes the chunks' shape, whose last axis is the size of an element, and prepares the chunks.
  void set_chunk_shape(Fields& in, std::size_t rank, std::size_t width) {
    if (rank != out_.shape.size() + 1 || rank < 2)
      in.corrupt(concat("has chunks of ", rank, " axes for a shape of ", out_.shape.size()));
    std::int64_t count = 1;
    std::int64_t bytes = static_cast<std::int64_t>(dtype_size(out_.dtype));
    for (std::size_t axis = 0; axis + 1 < rank; ++axis) {
      const std::uint64_t size = in.number(width);
      if (size == 0 || size > INT32_MAX) in.corrupt(concat("has chunks of size ", size));
      const auto signed_size = static_cast<std::int64_t>(size);
      out_.chunk_shape.push_back(signed_size);
      const auto along = out_.shape[axis] / signed_size + (out_.shape[axis] % signed_size != 0);
      const auto chunks = checked_mul(count, along);
      const auto chunk_bytes = checked_mul(bytes, signed_size);
      if (!chunks || !chunk_bytes) in.corrupt("has chunks of an impossible size");
      count = *chunks;
      bytes = *chunk_bytes;
    }
    if (in.number(width) != dtype_size(out_.dtype)) in.corrupt("has elements of another size");
    out_.chunk_bytes = static_cast<std::uint64_t>(bytes);
    const auto chunks = static_cast<std::uint64_t>(count);
    if (chunks > file_.file_size() / kLeastIndexEntry)
      in.corrupt(concat("has ", chunks, " chunks, more than fit in the file"));
    file_.charge(chunks * sizeof(Chunk));
    out_.chunks.resize(static_cast<std::size_t>(chunks));
  }

  void set_chunk(Fields& at, std::uint64_t index, std::uint64_t address, std::uint64_t size,
                 std::uint64_t skipped_filters) {
    Chunk& chunk = out_.chunks[static_cast<std::size_t>(index)];
    if (chunk.position != kUndefined) at.corrupt(concat("names the chunk ", index, " twice"));
    if (size > UINT32_MAX) at.corrupt(concat("has a chunk of ", size, " bytes"));
    chunk = {file_.position(address, size, concat("a chunk of ", quoted_text(name_))),
             static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(skipped_filters)};
  }

  void parse_chunks_3(Fields& in) {
    const unsigned rank = in.byte();
    const std::uint64_t address = in.address();
    set_chunk_shape(in, rank, 4);
    if (address == kUndefined) return;
    walk_tree(address, std::nullopt);
  }

  /// A B-tree of version 1. Recursion ends because levels sink to 0.
  void walk_tree(std::uint64_t address, std::optional<unsigned> expected_level) {
    constexpr std::string_view kTree = "a B-tree of chunks";
    const std::uint64_t head = 8 + 2 * file_.address_size();
    const auto prefix = file_.read(address, head, kTree);
    Fields start(file_, prefix, file_.position(address, head, kTree), kTree);
    start.signature("TREE");
    if (start.byte() != 1) start.corrupt("holds no chunks");
    const unsigned level = start.byte();
    if (level != expected_level.value_or(level) || level > 16) start.corrupt("has a wrong level");
    const std::uint64_t entries = start.number(2);
    const std::size_t rank = out_.shape.size();
    const std::uint64_t entry = 8 + 8 * (rank + 1) + file_.address_size();
    const auto bytes = file_.read(address + head, entries * entry, kTree);
    Fields in(file_, bytes, file_.position(address + head, bytes.size(), kTree), kTree);
    for (std::uint64_t i = 0; i < entries; ++i) {
      const std::uint64_t size = in.number(4);
      const std::uint64_t skipped = in.number(4);
      std::uint64_t index = 0;
      bool is_inside = true;
      for (std::size_t axis = 0; axis < rank; ++axis) {
        const std::uint64_t offset = in.number(8);
        const auto length = static_cast<std::uint64_t>(out_.shape[axis]);
        const auto step = static_cast<std::uint64_t>(out_.chunk_shape[axis]);
        if (offset >= length || offset % step != 0) is_inside = false;
        index = index * ((length + step - 1) / step) + offset / step;
      }
      in.skip(8);
      const std::uint64_t child = in.address();
      if (level > 0) {
        walk_tree(child, level - 1);
        continue;
      }
      if (!is_inside) in.corrupt("has a chunk outside of the dataset");
      set_chunk(in, index, child, size, skipped);
    }
  }

  void parse_chunks_4(Fields& in) {
    const unsigned flags = in.byte();
    if ((flags & 1) != 0) in.unsupported("leaves filters out at the edges");
    const unsigned rank = in.byte();
    const std::size_t width = in.byte();
    if (width < 1 || width > 8) in.corrupt(concat("has sizes of ", width, " bytes"));
    set_chunk_shape(in, rank, width);
    const unsigned index = in.byte();
    if (can_grow_) in.unsupported("is that of a dataset that can grow, which no Keras file has");
    if (index == 1) {
      const bool is_filtered = (flags & 2) != 0;
      const std::uint64_t size = is_filtered ? in.length() : out_.chunk_bytes;
      const std::uint64_t skipped = is_filtered ? in.number(4) : 0;
      const std::uint64_t address = in.address();
      if (out_.chunks.size() != 1) in.corrupt("has an index for one chunk only");
      if (address != kUndefined) set_chunk(in, 0, address, size, skipped);
    } else if (index == 2) {
      const std::uint64_t address = in.address();
      if (!out_.filters.empty()) in.corrupt("has filters, but no sizes of chunks");
      if (address == kUndefined) return;
      for (std::uint64_t i = 0; i < out_.chunks.size(); ++i) {
        const auto offset = checked_mul(i, out_.chunk_bytes);
        const auto at = offset ? checked_add(address, *offset) : std::nullopt;
        set_chunk(in, i, at.value_or(kUndefined), out_.chunk_bytes, 0);
      }
    } else if (index == 3) {
      in.skip(1);
      const std::uint64_t address = in.address();
      if (address != kUndefined) read_fixed_array(address);
    } else {
      in.unsupported(concat("has an index of chunks of kind ", index,
                            ", which only datasets that can grow have"));
    }
  }

  void read_fixed_array(std::uint64_t address) {
    constexpr std::string_view kArray = "a fixed array of chunks";
    const std::size_t width = file_.address_size();
    const auto head = file_.read(address, 12 + file_.length_size() + width, kArray);
    const std::uint64_t head_at = file_.position(address, head.size(), kArray);
    check_checksum(file_, head, head_at, kArray);
    Fields in(file_, head, head_at, kArray);
    in.signature("FAHD");
    in.version(0);
    const unsigned client = in.byte();
    const std::size_t entry = in.byte();
    const unsigned page_bits = in.byte();
    const std::uint64_t count = in.length();
    const std::uint64_t data = in.address();
    const bool is_filtered = !out_.filters.empty();
    const std::size_t size_width = entry - width - 4;
    if (client != (is_filtered ? 1 : 0) || count != out_.chunks.size() || page_bits > 32 ||
        (is_filtered ? entry < width + 5 || size_width > 8 : entry != width)) {
      in.corrupt("does not fit its dataset");
    }
    if (data == kUndefined) return;
    const std::uint64_t page = std::uint64_t{1} << page_bits;
    const bool is_paged = count > page;
    const std::uint64_t pages = is_paged ? (count + page - 1) / page : 0;
    const std::uint64_t start = 6 + width + (pages + 7) / 8;
    const auto read_entries = [&](Fields fields, std::uint64_t first, std::uint64_t entries) {
      for (std::uint64_t i = 0; i < entries; ++i) {
        const std::uint64_t chunk = fields.address();
        const std::uint64_t size = is_filtered ? fields.number(size_width) : out_.chunk_bytes;
        const std::uint64_t skipped = is_filtered ? fields.number(4) : 0;
        if (chunk != kUndefined) set_chunk(fields, first + i, chunk, size, skipped);
      }
    };
    const auto block = file_.read(data, start + (is_paged ? 0 : count * entry) + 4, kArray);
    const std::uint64_t block_at = file_.position(data, block.size(), kArray);
    check_checksum(file_, block, block_at, kArray);
    Fields fields(file_, block, block_at, kArray);
    fields.signature("FADB");
    fields.version(0);
    fields.skip(1);
    if (fields.address() != address) fields.corrupt("has the data of another");
    const auto written = fields.take((pages + 7) / 8);
    if (!is_paged) read_entries(fields, 0, count);
    for (std::uint64_t i = 0; i < pages; ++i) {
      // The first page has the highest bit.
      if ((std::to_integer<unsigned>(written[i / 8]) >> (7 - i % 8) & 1) == 0) continue;
      const std::uint64_t entries = std::min(page, count - i * page);
      const std::uint64_t at = data + start + 4 + i * (page * entry + 4);
      const auto bytes = file_.read(at, entries * entry + 4, kArray);
      const std::uint64_t bytes_at = file_.position(at, bytes.size(), kArray);
      check_checksum(file_, bytes, bytes_at, kArray);
      read_entries(Fields(file_, bytes, bytes_at, kArray), i * page, entries);
    }
  }

  void finish_chunks() {
    std::uint64_t stored = 0;
    std::uint64_t written = 0;
    for (const Chunk& chunk : out_.chunks) {
      if (chunk.position == kUndefined) continue;
      ++written;
      stored += chunk.size;
    }
    if (written == 0 && out_.byte_size > 0) corrupt(MessageType::kLayout, "was never written");
    const auto inflated = checked_mul(written, out_.chunk_bytes);
    charge(stored, std::max(inflated.value_or(UINT64_MAX), out_.byte_size));
  }

  Bytes& file_;
  const Object& object_;
  DatasetLimits& limits_;
  std::string_view name_;
  Dataset out_;
  bool can_grow_ = false;
};

/// Inflates a chunk into exactly `out`; false when it holds less, more or damage.
bool inflate_chunk(std::span<const std::byte> in, std::span<std::byte> out) {
  auto size = static_cast<uLongf>(out.size());
  auto taken = static_cast<uLong>(in.size());
  const int result = uncompress2(reinterpret_cast<Bytef*>(out.data()), &size,
                                 reinterpret_cast<const Bytef*>(in.data()), &taken);
  return result == Z_OK && size == out.size();
}

/// Puts the elements' bytes together that the filter shuffle laid apart.
void unshuffle(std::span<const std::byte> in, std::size_t element, std::span<std::byte> out) {
  const std::size_t count = in.size() / element;
  for (std::size_t byte = 0; byte < element; ++byte) {
    const std::byte* from = in.data() + byte * count;
    std::byte* to = out.data() + byte;
    for (std::size_t i = 0; i < count; ++i, to += element) *to = from[i];
  }
}

class ChunkReader {
 public:
  ChunkReader(const Bytes& file, const Dataset& dataset) : file_(file), dataset_(dataset) {}

  /// The elements of a chunk as the dataset has them.
  std::span<const std::byte> read(const Chunk& chunk) {
    bytes_.resize(chunk.size);
    file_.read_data(chunk.position, bytes_);
    const auto is_applied = [&](std::size_t filter) {
      return filter >= 32 || (chunk.skipped_filters >> filter & 1) == 0;
    };
    for (std::size_t i = dataset_.filters.size(); i-- > 0;) {
      if (!is_applied(i)) continue;
      // What the filters before this one made of the chunk.
      std::uint64_t size = dataset_.chunk_bytes;
      for (std::size_t before = 0; before < i; ++before) {
        if (is_applied(before) && dataset_.filters[before] == Filter::kFletcher32) size += 4;
      }
      undo(dataset_.filters[i], size, chunk.position);
    }
    if (bytes_.size() != dataset_.chunk_bytes) {
      file_.corrupt(chunk.position, concat("a chunk has ", bytes_.size(), " bytes; ",
                                           dataset_.chunk_bytes, " were expected"));
    }
    return bytes_;
  }

 private:
  void undo(Filter filter, std::uint64_t size, std::uint64_t position) {
    switch (filter) {
      case Filter::kDeflate:
        other_.resize(static_cast<std::size_t>(size));
        if (!inflate_chunk(bytes_, other_)) {
          file_.corrupt(position,
                        concat("a compressed chunk is damaged or does not hold ", size, " bytes"));
        }
        bytes_.swap(other_);
        return;
      case Filter::kShuffle: {
        // Bytes beyond whole elements stay where they are.
        other_ = bytes_;
        const std::size_t element = dtype_size(dataset_.dtype);
        const std::size_t whole = bytes_.size() / element * element;
        unshuffle(std::span(bytes_).first(whole), element, other_);
        bytes_.swap(other_);
        return;
      }
      case Filter::kFletcher32: {
        if (bytes_.size() < 4) file_.corrupt(position, "a chunk has no room for its checksum");
        const auto content = std::span(bytes_).first(bytes_.size() - 4);
        std::uint32_t checksum = 0;
        for (std::size_t i = 4; i-- > 0;)
          checksum = checksum << 8 | std::to_integer<std::uint32_t>(bytes_[content.size() + i]);
        if (fletcher32(content) != checksum)
          file_.corrupt(position, "a chunk has a wrong checksum");
        bytes_.resize(content.size());
        return;
      }
    }
  }

  const Bytes& file_;
  const Dataset& dataset_;
  std::vector<std::byte> bytes_;
  std::vector<std::byte> other_;
};

/// Puts a chunk, or the fill value where `chunk` is empty, to its place.
void place_chunk(const Dataset& dataset, std::span<const std::int64_t> begin,
                 std::span<const std::byte> chunk, std::span<std::byte> out) {
  const std::size_t rank = dataset.shape.size();
  const std::size_t element = dtype_size(dataset.dtype);
  std::vector<std::int64_t> size(rank), at(rank, 0);
  for (std::size_t axis = 0; axis < rank; ++axis)
    size[axis] = std::min(dataset.chunk_shape[axis], dataset.shape[axis] - begin[axis]);
  const std::size_t row = static_cast<std::size_t>(size[rank - 1]) * element;
  for (bool more = true; more;) {
    std::int64_t from = 0;
    std::int64_t to = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      from = from * dataset.chunk_shape[axis] + at[axis];
      to = to * dataset.shape[axis] + begin[axis] + at[axis];
    }
    const auto target = out.subspan(static_cast<std::size_t>(to) * element, row);
    if (!chunk.empty()) {
      const auto source = chunk.subspan(static_cast<std::size_t>(from) * element, row);
      std::copy(source.begin(), source.end(), target.begin());
    } else if (dataset.fill.empty()) {
      std::ranges::fill(target, std::byte{0});
    } else {
      for (std::size_t i = 0; i < row; ++i) target[i] = dataset.fill[i % element];
    }
    more = false;
    for (std::size_t axis = rank - 1; axis-- > 0 && !more;) {
      more = ++at[axis] < size[axis];
      if (!more) at[axis] = 0;
    }
  }
}

/// Moves the place of a chunk to that of the next, in row-major order.
void next_chunk(const Dataset& dataset, std::span<std::int64_t> begin) {
  for (std::size_t axis = begin.size(); axis > 0; --axis) {
    begin[axis - 1] += dataset.chunk_shape[axis - 1];
    if (begin[axis - 1] < dataset.shape[axis - 1]) return;
    begin[axis - 1] = 0;
  }
}

void swap_bytes(std::span<std::byte> bytes, std::size_t element) {
  for (std::size_t i = 0; i < bytes.size(); i += element)
    std::ranges::reverse(bytes.subspan(i, element));
}

}  // namespace

DatasetLimits::DatasetLimits(std::uint64_t file_size)
    : stored_(2 * file_size), plain_(2 * file_size), compressed_(kMostInflation * file_size) {}

void DatasetLimits::charge(const Bytes& file, std::uint64_t position, std::uint64_t stored,
                           std::uint64_t bytes, bool is_compressed) {
  std::uint64_t& limit = is_compressed ? compressed_ : plain_;
  if (stored > stored_ || bytes > limit) {
    file.corrupt(position, concat("a dataset of ", bytes, " bytes, ", stored,
                                  " of them stored, is more than a file of ", file.file_size(),
                                  " holds beside its other datasets"));
  }
  stored_ -= stored;
  limit -= bytes;
}

Dataset parse_dataset(Bytes& file, const Object& object, DatasetLimits& limits,
                      std::string_view name) {
  return DatasetParser(file, object, limits, name).parse();
}

void read_dataset(const Bytes& file, const Dataset& dataset, std::span<std::byte> out) {
  if (out.empty()) return;
  if (dataset.chunk_shape.empty()) {
    file.read_data(dataset.position, out);
  } else {
    ChunkReader reader(file, dataset);
    std::array<std::int64_t, kMostAxes> place{};
    const std::span<std::int64_t> begin = std::span(place).first(dataset.shape.size());
    for (const Chunk& chunk : dataset.chunks) {
      const bool is_written = chunk.position != kUndefined;
      place_chunk(dataset, begin, is_written ? reader.read(chunk) : std::span<const std::byte>(),
                  out);
      next_chunk(dataset, begin);
    }
  }
  if (dataset.big_endian) swap_bytes(out, dtype_size(dataset.dtype));
}

}  // namespace verdict::convert::hdf5
