#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "verdict/base/file_writer.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/checkpoint/safetensors.h"

namespace verdict::convert {

/// Room for one tensor's bytes, which the next one takes over.
class TensorRoom {
 public:
  std::span<const std::byte> read(const CheckpointReader& reader, std::size_t tensor);

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t capacity_ = 0;
};

/// What is written for one tensor of the input.
class TensorOutput {
 public:
  TensorOutput(const TensorInfo& stored, std::size_t source, DType dtype);

  /// Of the input.
  std::size_t source() const { return source_; }
  std::span<const TensorInfo> infos() const { return infos_; }
  std::uint64_t bytes() const;

  /// Writes the tensor, whose bytes in the input are `stored`, block by block. Throws
  /// `kInvalidArgument` for a value that the type cannot hold.
  void write(std::span<const std::byte> stored, FileWriter& file) const;

  /// Throws `kInternal` when the written tensor is not the stored one within its type's rounding.
  /// `by_name` has the tensors of `written`.
  void compare(std::span<const std::byte> stored, const CheckpointReader& written,
               const std::map<std::string_view, std::size_t>& by_name) const;

 private:
  std::string name_;
  DType stored_dtype_;
  std::size_t source_;
  std::vector<TensorInfo> infos_;
};

}  // namespace verdict::convert
