#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/base/unwritten_vector.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::bindings {

/// A file of the host, of which some parts are here.
class HostFile final : public ByteSource {
 public:
  struct Part {
    std::uint64_t begin = 0;
    UnwrittenVector<std::byte> bytes;
  };
  using Parts = std::vector<Part>;

  /// Thrown by `read`: the caller brings the part and calls again.
  struct Missing : std::exception {
    ByteRange range;
  };

  HostFile(std::uint64_t size, std::string name, std::shared_ptr<const Parts> parts)
      : size_(size), name_(std::move(name)), parts_(std::move(parts)) {}

  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

  void read(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  std::uint64_t size_;
  std::string name_;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace verdict::bindings
