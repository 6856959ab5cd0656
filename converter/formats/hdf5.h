#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict_convert/formats/hdf5_bytes.h"
#include "verdict_convert/formats/hdf5_dataset.h"
#include "verdict_convert/formats/hdf5_object.h"

namespace verdict::convert::hdf5 {

/// An entry of a group.
struct Link {
  enum class Kind : std::uint8_t { kHard, kSoft, kExternal };
  Kind kind = Kind::kHard;
  std::uint64_t address = kUndefined;  ///< of the object of a hard link
  std::string path;                    ///< of a soft link
  std::uint64_t position = 0;          ///< in the file
};

using Links = std::map<std::string, Link, std::less<>>;

/// A file of the subset of HDF5 that Keras files need. Objects are named by the addresses of their
/// headers. All structures are read while the file is opened and its objects are asked for; what
/// they may add up to is bounded by the file's size (see `Bytes`).
class File {
 public:
  /// Throws `kCorruptFile` for what is no HDF5 file or one that is cut off.
  explicit File(std::unique_ptr<ByteSource> source);

  std::uint64_t root() const { return root_; }

  /// The object at a path below a group; the names are separated by slashes. Nothing when there is
  /// none. Follows hard and soft links; throws for a link to another file.
  std::optional<std::uint64_t> find(std::uint64_t group, std::string_view path);

  bool is_dataset(std::uint64_t object);

  /// Throws when the object is no dataset of floats that this reader can read.
  Dataset dataset(std::uint64_t object, std::string_view name);

  /// All datasets below a group with their paths, by hard links, each once, in order of path.
  std::vector<std::pair<std::string, std::uint64_t>> datasets(std::uint64_t group);

  /// See `Attributes`.
  std::optional<std::vector<std::string>> strings(std::uint64_t object, std::string_view name);

  void read(const Dataset& dataset, std::span<std::byte> out) const {
    read_dataset(bytes_, dataset, out);
  }

  const std::string& name() const { return source_->name(); }
  Bytes& bytes() { return bytes_; }

 private:
  void read_superblock();
  const Links& links(std::uint64_t group);
  void read_symbol_table(Fields message, Links& links);
  void add_link(Fields fields, Links& links);
  void insert(Links& links, std::string_view name, Link link);
  std::optional<std::uint64_t> find(std::uint64_t group, std::string_view path, int soft_links);

  std::unique_ptr<ByteSource> source_;
  Bytes bytes_;
  Attributes attributes_;
  DatasetLimits limits_;
  std::uint64_t root_ = kUndefined;
  std::map<std::uint64_t, Links> groups_;  // by address
};

}  // namespace verdict::convert::hdf5
