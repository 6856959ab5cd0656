#include "verdict_convert/formats/hdf5_dense.h"

#include <algorithm>
#include <bit>
#include <map>
#include <vector>

#include "verdict/base/strings.h"

namespace verdict::convert::hdf5 {

namespace {

constexpr std::string_view kHeap = "a fractal heap";
constexpr std::string_view kTree = "a B-tree of version 2";

/// Of a power of two.
std::uint64_t exponent(std::uint64_t size) {
  return static_cast<std::uint64_t>(std::countr_zero(size));
}

/// A heap in blocks of growing size, from which objects are taken by their id.
class FractalHeap {
 public:
  FractalHeap(Bytes& file, std::uint64_t address) : file_(file), address_(address) {
    const std::size_t width = file.address_size();
    const std::size_t length = file.length_size();
    const auto bytes = file.read(address, 26 + 3 * width + 12 * length, kHeap);
    const std::uint64_t position = file.position(address, bytes.size(), kHeap);
    Fields fields(file, bytes, position, kHeap);
    fields.signature("FRHP");
    fields.version(0);
    id_size_ = fields.number(2);
    if (fields.number(2) != 0) fields.unsupported("is compressed");
    has_checksums_ = (fields.byte() & 2) != 0;
    const std::uint64_t largest_object = fields.number(4);
    // Huge objects, free space and statistics.
    fields.skip(length + width + length + width + 8 * length);
    columns_ = fields.number(2);
    start_size_ = fields.length();
    const std::uint64_t largest_block = fields.length();
    const std::uint64_t bits = fields.number(2);
    fields.skip(2);
    root_ = fields.address();
    root_rows_ = fields.number(2);
    check_checksum(file, bytes, position, kHeap);
    if (!std::has_single_bit(start_size_) || !std::has_single_bit(largest_block) ||
        !std::has_single_bit(columns_) || largest_block < start_size_ || bits == 0 || bits > 64 ||
        columns_ > UINT64_MAX / 2 / largest_block) {
      fields.corrupt("has blocks of impossible sizes");
    }
    direct_rows_ = exponent(largest_block) - exponent(start_size_) + 2;
    offset_size_ = (bits + 7) / 8;
    length_size_ =
        std::min<std::size_t>((exponent(largest_block) + 7) / 8, bytes_for(largest_object));
  }

  /// The object of an id.
  Fields object(std::span<const std::byte> id, std::uint64_t position) {
    Fields fields(file_, id, position, "the id of an object in a fractal heap");
    const unsigned first = fields.byte();
    if ((first & 0xc0) != 0) fields.unsupported("has an unknown version");
    const unsigned kind = first >> 4 & 3;
    if (kind == 2) {
      const std::uint64_t at = fields.position();
      return {file_, fields.take((first & 0x0f) + 1), at, kHeap};
    }
    if (kind != 0) fields.unsupported("is that of a huge object, which no Keras file needs");
    const std::uint64_t offset = fields.number(offset_size_);
    const std::uint64_t size = fields.number(length_size_);
    return in_block(root_, root_rows_, 0, offset, size, fields);
  }

  std::uint64_t id_size() const { return id_size_; }

 private:
  struct Block {
    std::vector<std::byte> bytes;
    std::uint64_t position;
  };

  std::uint64_t row_size(std::uint64_t row) const {
    return row == 0 ? start_size_ : start_size_ << (row - 1);
  }

  /// Finds an object below a block: an indirect one of `rows` rows, or a direct one (0). `begin` is
  /// where the block begins in the heap.
  Fields in_block(std::uint64_t address, std::uint64_t rows, std::uint64_t begin,
                  std::uint64_t offset, std::uint64_t size, const Fields& id) {
    std::uint64_t block_size = start_size_;
    while (rows > 0) {
      if (rows >= 64) id.corrupt("leads to a block with too many rows");
      const std::uint64_t width = start_size_ * columns_;
      const std::uint64_t inside = offset - begin;
      const auto row = static_cast<std::uint64_t>(std::bit_width(inside / width));
      if (row >= rows) id.corrupt("leads out of the heap");
      block_size = row_size(row);
      const std::uint64_t row_begin = row == 0 ? 0 : width << (row - 1);
      const std::uint64_t column = (inside - row_begin) / block_size;
      begin += row_begin + column * block_size;
      address = child(address, rows, row * columns_ + column);
      if (address == kUndefined) id.corrupt("leads to a block that does not exist");
      // An indirect child has so many rows that it covers the bytes of its place.
      const std::uint64_t below =
          row < direct_rows_ ? 0 : exponent(block_size) - exponent(width) + 1;
      if (below >= rows) id.corrupt("leads in a circle");
      rows = below;
    }
    const Block& direct = block(address, block_size, "FHDB");
    Fields fields(file_, direct.bytes, direct.position, kHeap);
    fields.skip(offset - begin);
    const std::uint64_t position = fields.position();
    return {file_, fields.take(size), position, kHeap};
  }

  const Block& block(std::uint64_t address, std::uint64_t size, std::string_view signature) {
    auto found = blocks_.find(address);
    if (found == blocks_.end()) {
      Block block{file_.read(address, size, kHeap), file_.position(address, size, kHeap)};
      Fields fields(file_, block.bytes, block.position, kHeap);
      fields.signature(signature);
      fields.version(0);
      if (fields.address() != address_) fields.corrupt("has a block of another heap");
      fields.skip(offset_size_);
      if (signature == "FHIB") {
        check_checksum(file_, block.bytes, block.position, kHeap);
      } else if (has_checksums_) {
        // It lies within what it covers, as if it were zero.
        const std::size_t at = fields.at();
        const std::uint64_t checksum = fields.number(4);
        std::fill_n(block.bytes.begin() + static_cast<std::ptrdiff_t>(at), 4, std::byte{0});
        if (lookup3(block.bytes) != checksum) fields.corrupt("has a block with a wrong checksum");
      }
      found = blocks_.emplace(address, std::move(block)).first;
    }
    if (found->second.bytes.size() != size)
      file_.corrupt(found->second.position, "a fractal heap has one block in two sizes");
    return found->second;
  }

  /// The `index`th child of an indirect block.
  std::uint64_t child(std::uint64_t address, std::uint64_t rows, std::uint64_t index) {
    const std::uint64_t head = 5 + file_.address_size() + offset_size_;
    const Block& indirect =
        block(address, head + rows * columns_ * file_.address_size() + 4, "FHIB");
    Fields fields(file_, indirect.bytes, indirect.position, kHeap);
    fields.skip(head + index * file_.address_size());
    return fields.address();
  }

  Bytes& file_;
  std::uint64_t address_;
  std::uint64_t id_size_ = 0;
  bool has_checksums_ = false;
  std::uint64_t columns_ = 0;
  std::uint64_t start_size_ = 0;
  std::uint64_t root_ = kUndefined;
  std::uint64_t root_rows_ = 0;
  std::uint64_t direct_rows_ = 0;
  std::size_t offset_size_ = 0;
  std::size_t length_size_ = 0;
  std::map<std::uint64_t, Block> blocks_;
};

/// The records of a B-tree of version 2.
class Tree {
 public:
  Tree(Bytes& file, std::uint64_t address, unsigned type) : file_(file), type_(type) {
    const auto bytes = file.read(address, 22 + file.address_size() + file.length_size(), kTree);
    const std::uint64_t position = file.position(address, bytes.size(), kTree);
    Fields fields(file, bytes, position, kTree);
    fields.signature("BTHD");
    fields.version(0);
    if (fields.byte() != type) fields.corrupt("is of another type than its table");
    node_size_ = fields.number(4);
    record_size_ = fields.number(2);
    depth_ = fields.number(2);
    fields.skip(2);
    root_ = fields.address();
    root_records_ = fields.number(2);
    check_checksum(file, bytes, position, kTree);
    if (record_size_ == 0 || node_size_ < 10 + record_size_ || depth_ > 16)
      fields.corrupt("has impossible sizes");
    std::uint64_t most = (node_size_ - 10) / record_size_;
    count_size_ = bytes_for(most);
    std::uint64_t total = most;
    total_sizes_.push_back(0);
    for (std::uint64_t level = 1; level <= depth_; ++level) {
      const std::uint64_t pointer = file.address_size() + count_size_ + total_sizes_.back();
      if (node_size_ < 10 + pointer + record_size_ + pointer) fields.corrupt("has too small nodes");
      most = (node_size_ - 10 - pointer) / (record_size_ + pointer);
      // A total that does not fit is a total of eight bytes.
      total = total > UINT64_MAX / (most + 2) ? UINT64_MAX : (most + 1) * total + most;
      total_sizes_.push_back(bytes_for(total));
    }
  }

  std::uint64_t record_size() const { return record_size_; }

  void for_each(const std::function<void(Fields&)>& visit) {
    if (root_ != kUndefined && root_records_ > 0) node(root_, root_records_, depth_, visit);
  }

 private:
  /// Recursion ends because `depth` sinks to 0.
  void node(std::uint64_t address, std::uint64_t records, std::uint64_t depth,
            const std::function<void(Fields&)>& visit) {
    const auto bytes = file_.read(address, node_size_, kTree);
    const std::uint64_t position = file_.position(address, node_size_, kTree);
    Fields fields(file_, bytes, position, kTree);
    fields.signature(depth == 0 ? "BTLF" : "BTIN");
    fields.version(0);
    if (fields.byte() != type_) fields.corrupt("has a node of another type");
    const std::uint64_t records_at = fields.position();
    Fields list(file_, fields.take(records * record_size_), records_at, kTree);
    for (std::uint64_t i = 0; i < records; ++i) visit(list);
    Fields children = fields;
    fields.skip(depth == 0 ? 0
                           : (records + 1) *
                                 (file_.address_size() + count_size_ + total_sizes_[depth - 1]));
    fields.skip(4);
    check_checksum(file_, std::span(bytes).first(fields.at()), position, kTree);
    for (std::uint64_t i = 0; depth > 0 && i <= records; ++i) {
      const std::uint64_t child = children.address();
      const std::uint64_t count = children.number(count_size_);
      children.skip(total_sizes_[depth - 1]);
      node(child, count, depth - 1, visit);
    }
  }

  Bytes& file_;
  unsigned type_;
  std::uint64_t node_size_ = 0;
  std::uint64_t record_size_ = 0;
  std::uint64_t depth_ = 0;
  std::uint64_t root_ = kUndefined;
  std::uint64_t root_records_ = 0;
  std::size_t count_size_ = 0;
  std::vector<std::size_t> total_sizes_;  // by depth of the child
};

}  // namespace

void for_each_dense(Bytes& file, std::uint64_t heap_address, std::uint64_t tree_address,
                    DenseKind kind, const std::function<void(Fields)>& visit) {
  constexpr unsigned kLinkNames = 5;
  constexpr unsigned kAttributeNames = 8;
  FractalHeap heap(file, heap_address);
  Tree tree(file, tree_address, kind == DenseKind::kLinks ? kLinkNames : kAttributeNames);
  // A link's record begins with the hash of its name; an attribute's ends with it.
  const std::uint64_t before = kind == DenseKind::kLinks ? 4 : 0;
  const std::uint64_t id_size = kind == DenseKind::kLinks ? 7 : 8;
  if (tree.record_size() < before + id_size || heap.id_size() != id_size)
    file.corrupt(file.position(tree_address, 0, kTree), "a dense table has ids of another size");
  tree.for_each([&](Fields& records) {
    const std::uint64_t position = records.position() + before;
    visit(heap.object(records.take(tree.record_size()).subspan(before, id_size), position));
  });
}

}  // namespace verdict::convert::hdf5
