#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "verdict/base/file_writer.h"
#include "verdict/base/tensor.h"
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

/// What is written for one tensor of a checkpoint.
class TensorOutput {
 public:
  TensorOutput(const CheckpointReader& reader, std::size_t source, DType dtype);
  /// A tensor that somebody else makes of the checkpoint; int8 weights go with their scales.
  explicit TensorOutput(TensorWriter writer);

  /// With the name; from 0 up to its number of bytes.
  const TensorInfo& info() const { return info_; }

  /// Writes the tensor, block by block. Throws `kInvalidArgument` for a value that its type cannot
  /// hold.
  void write(FileWriter& file, TensorRoom& room) const;

  /// Throws `kInternal` when the written tensor is not the checkpoint's within its type's rounding.
  void compare(std::span<const std::byte> written, TensorRoom& room) const;

 private:
  void convert(std::span<const std::byte> stored, FileWriter& file) const;
  [[noreturn]] void differs(const std::string& how) const;

  TensorInfo info_;
  const CheckpointReader* reader_ = nullptr;
  std::size_t source_ = 0;
  DType stored_dtype_ = DType::kF32;
  std::function<Tensor()> data_;  ///< in the place of the reader
};

}  // namespace verdict::convert
