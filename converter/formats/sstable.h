#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "verdict/base/byte_source.h"

namespace verdict::convert {

/// An entry of a table; the views are valid during the call that gives them.
struct TableEntry {
  std::string_view key;
  std::string_view value;
  std::uint64_t block = 0;  ///< where the entry's block begins in the file, for messages
};

/// Reads a table in LevelDB's format, such as TensorFlow's `.index`: gives its entries, whose keys
/// ascend, one by one. One block is held at a time. Throws `kCorruptFile`, with file, position and
/// reason.
void read_table(const ByteSource& source, const std::function<void(const TableEntry&)>& take);

}  // namespace verdict::convert
