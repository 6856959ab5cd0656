// Parameters as views of stored tensors: slices, permuted axes, new shapes.
#include "verdict_convert/name_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "support/errors.h"
#include "verdict/base/checked.h"
#include "verdict/base/strings.h"
#include "verdict/base/tensor.h"

namespace verdict::testing {
namespace {

using convert::mapped_checkpoint;
using convert::MappedTensor;

/// Tensors that count from 0 on.
class Counting final : public CheckpointReader {
 public:
  explicit Counting(std::vector<TensorInfo> infos) : infos_(std::move(infos)) {
    for (TensorInfo& info : infos_) {
      info.end =
          static_cast<std::uint64_t>(element_count(info.shape).value()) * dtype_size(info.dtype);
    }
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }
  void read(std::size_t index, std::span<std::byte> out) const override {
    ++reads;
    const std::size_t size = dtype_size(infos_.at(index).dtype);
    for (std::size_t i = 0; i * size < out.size(); ++i) {
      for (std::size_t byte = 0; byte < size; ++byte)
        out[i * size + byte] = static_cast<std::byte>(i >> (8 * byte) & 0xff);
    }
  }

  mutable int reads = 0;

 private:
  std::vector<TensorInfo> infos_;
};

std::unique_ptr<CheckpointReader> map_one(const std::vector<std::int64_t>& stored,
                                          MappedTensor tensor, DType dtype = DType::kI64) {
  tensor.name = "parameter";
  return mapped_checkpoint(
      std::make_unique<Counting>(std::vector<TensorInfo>{{"stored", dtype, stored, 0, 0}}),
      {{std::move(tensor)}, {}});
}

std::vector<std::int64_t> values_of(const CheckpointReader& reader, std::size_t index = 0) {
  const TensorInfo& info = reader.tensors()[index];
  std::vector<std::byte> bytes(static_cast<std::size_t>(info.byte_size()));
  reader.read(index, bytes);
  std::vector<std::int64_t> out(bytes.size() / dtype_size(info.dtype));
  convert_to_i64(info.dtype, bytes, out);
  return out;
}

std::vector<std::int64_t> range(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), first);
  return out;
}

/// The permutation, index by index.
std::vector<std::int64_t> permuted(const std::vector<std::int64_t>& shape,
                                   const std::vector<std::size_t>& permutation) {
  std::vector<std::int64_t> stride(shape.size(), 1), out;
  for (std::size_t axis = shape.size(); axis-- > 1;) stride[axis - 1] = stride[axis] * shape[axis];
  std::vector<std::int64_t> at(shape.size(), 0);
  for (std::int64_t i = 0; i < element_count(shape).value(); ++i) {
    std::int64_t from = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
      from += at[axis] * stride[permutation[axis]];
    out.push_back(from);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++at[axis] < shape[permutation[axis]]) break;
      at[axis] = 0;
    }
  }
  return out;
}

TEST(NameMap, EveryPermutationOfAxes) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{70, 45}, {1, 33}, {5}, {3, 40, 33}, {2, 3, 34, 35}}) {
    std::vector<std::size_t> permutation(shape.size());
    std::iota(permutation.begin(), permutation.end(), std::size_t{0});
    do {
      std::vector<std::int64_t> result;
      for (const std::size_t axis : permutation) result.push_back(shape[axis]);
      for (const DType dtype : {DType::kI16, DType::kI32, DType::kI64}) {
        const auto reader = map_one(shape, {"", 0, 0, {}, permutation, result}, dtype);
        EXPECT_EQ(values_of(*reader), permuted(shape, permutation)) << shape_string(shape);
      }
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
  const auto bytes = map_one({3, 5}, {"", 0, 0, {}, {1, 0}, {5, 3}}, DType::kU8);
  EXPECT_EQ(values_of(*bytes), permuted({3, 5}, {1, 0}));
}

TEST(NameMap, RowsAreCutBeforeAxesArePermuted) {
  const auto reader = map_one({4, 2, 3}, {"", 0, 1, 2, {2, 0, 1}, {3, 4}});
  std::vector<std::int64_t> expected = permuted({2, 2, 3}, {2, 0, 1});
  for (std::int64_t& value : expected) value += 6;
  EXPECT_EQ(values_of(*reader), expected);
  EXPECT_EQ(reader->tensors()[0].shape, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(reader->tensors()[0].byte_size(), 12u * 8);
}

TEST(NameMap, ScalarsAndEmptyTensors) {
  EXPECT_EQ(values_of(*map_one({}, {"", 0, 0, {}, {}, {}})), range(0, 1));
  EXPECT_EQ(values_of(*map_one({}, {"", 0, 0, {}, {}, {1, 1}})), range(0, 1));
  EXPECT_EQ(values_of(*map_one({0, 3}, {"", 0, 0, {}, {1, 0}, {3, 0}})), range(0, 0));
  EXPECT_EQ(values_of(*map_one({4, 3}, {"", 0, 4, {}, {}, {0, 3}})), range(0, 0));
}

TEST(NameMap, WhatDoesNotFitIsRefused) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::vector<MappedTensor> wrong{
      {"", 0, 0, {}, {}, {4, 2}},          // fewer elements
      {"", 0, 0, {}, {}, {kMost, kMost}},  // overflow
      {"", 0, 0, {}, {}, {-4, -3}},        // negative
      {"", 0, -1, 4, {}, {4, 3}},          // rows before the first
      {"", 0, 1, {}, {}, {4, 3}},          // too few rows
      {"", 0, 0, 5, {}, {5, 3}},           // too many rows
      {"", 0, 0, -1, {}, {0}},             // a negative number of rows
      {"", 0, kMost, kMost, {}, {0}},      // overflow
      {"", 0, 5, {}, {}, {0}},             // behind the last
      {"", 0, 0, {}, {0}, {4, 3}},         // axes too few
      {"", 0, 0, {}, {0, 1, 2}, {4, 3}},   // and too many
      {"", 0, 0, {}, {0, 0}, {4, 3}},      // one twice
      {"", 0, 0, {}, {0, 2}, {4, 3}},      // no such axis
  };
  for (const MappedTensor& tensor : wrong) {
    expect_error(
        ErrorCode::kInvalidArgument,
        [&] {
          map_one({4, 3}, tensor);
        },
        "stored", "[4, 3]", "parameter");
  }
  expect_error(ErrorCode::kInvalidArgument, [&] { map_one({}, {"", 0, 1, {}, {}, {}}); });
  expect_error(ErrorCode::kInvalidArgument, [&] { map_one({}, {"", 0, 0, 1, {}, {}}); });
  expect_error(ErrorCode::kInvalidArgument, [&] { map_one({}, {"", 0, 0, {}, {0}, {}}); });
  expect_error(
      ErrorCode::kInternal,
      [&] {
        map_one({4, 3}, {"", 1, 0, {}, {}, {4, 3}});
      },
      "parameter");
}

TEST(NameMap, PartsOfATensorAreReadOnce) {
  auto stored = std::make_unique<Counting>(
      std::vector<TensorInfo>{{"a", DType::kI64, {2, 2}, 0, 0}, {"b", DType::kI64, {6, 2}, 0, 0}});
  const Counting& source = *stored;
  const auto reader = mapped_checkpoint(std::move(stored), {{{"third", 1, 4, 2, {}, {2, 2}},
                                                             {"whole", 0, 0, {}, {}, {4}},
                                                             {"first", 1, 0, 2, {}, {2, 2}},
                                                             {"turned", 1, 2, 2, {1, 0}, {2, 2}}},
                                                            {}});
  std::vector<std::string> names;
  for (const TensorInfo& info : reader->tensors()) names.push_back(info.name);
  EXPECT_EQ(names, (std::vector<std::string>{"whole", "third", "first", "turned"}));
  EXPECT_EQ(values_of(*reader, 0), range(0, 4));
  EXPECT_EQ(values_of(*reader, 1), range(8, 4));
  EXPECT_EQ(values_of(*reader, 2), range(0, 4));
  EXPECT_EQ(values_of(*reader, 3), (std::vector<std::int64_t>{4, 6, 5, 7}));
  EXPECT_EQ(source.reads, 2);
  // In any order.
  EXPECT_EQ(values_of(*reader, 1), range(8, 4));
  EXPECT_EQ(values_of(*reader, 0), range(0, 4));
}

}  // namespace
}  // namespace verdict::testing
