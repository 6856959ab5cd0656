#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/base/tensor.h"
#include "verdict/checkpoint/tensor_info.h"

namespace verdict {

/// The header of a safetensors file (https://github.com/huggingface/safetensors, "Format").
struct SafetensorsHeader {
  std::vector<TensorInfo>
      tensors;  ///< in the order of their data; offsets count from the start of the file
  std::map<std::string, std::string> metadata;
};

/// Bytes before the header's JSON: its length, little-endian.
inline constexpr std::size_t kSafetensorsPrefix = 8;

/// Length of the JSON from the first eight bytes. Throws `kCorruptFile` when it does not fit into
/// the file.
std::uint64_t safetensors_header_size(std::span<const std::byte> prefix, std::uint64_t file_size,
                                      std::string_view name);

/// Reads the header's JSON. Throws `kCorruptFile` for ranges that overlap, leave holes or end
/// outside of the file, for unknown dtypes and for shapes that do not fit their bytes.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t file_size,
                                           std::string_view name);

SafetensorsHeader read_safetensors_header(const ByteSource& source);

/// All tensors of a (small) file by name.
std::map<std::string, Tensor, std::less<>> read_safetensors(const ByteSource& source);

/// The start of a file with these tensors, whose data follow in this order: their names, dtypes and
/// shapes count. It is padded so that data is aligned to 8 bytes and carries `{"format": "pt"}`,
/// which the reference asks for.
std::string make_safetensors_header(std::span<const TensorInfo> tensors);

/// What `write_safetensors` needs of a tensor: its data is asked for when its turn comes.
struct TensorWriter {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::function<Tensor()> data;
};

/// Streams a safetensors file, tensor by tensor, into `sink`.
void write_safetensors(const std::vector<TensorWriter>& tensors,
                       const std::function<void(std::span<const std::byte>)>& sink);

}  // namespace verdict
