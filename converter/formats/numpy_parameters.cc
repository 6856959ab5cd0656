#include "verdict_convert/formats/numpy_parameters.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

using nlohmann::json;

constexpr int kFiles = 10;
constexpr std::string_view kShapesFile = "params_shapes.json";
constexpr std::string_view kNamesFile = "parameters_names.json";
constexpr std::uint64_t kMostJsonBytes = 1 << 24;

/// The release's names begin with one for both embeddings.
constexpr std::array<std::string_view, 2> kEmbeddings{"model/we/positions", "model/we/tokens"};

[[noreturn]] void corrupt(std::string_view file, std::string_view what) {
  throw Error(ErrorCode::kCorruptFile,
              concat("\"", file, "\" is not a file of OpenAI GPT's parameters: ", what, "."));
}

/// One `params_<i>.npy`: a row of float32.
struct Row {
  std::unique_ptr<ByteSource> file;
  std::uint64_t begin = 0;  ///< of the data in the file
  std::uint64_t bytes = 0;
};

/// The header of NumPy's format: a magic number, a version, the length of a text, and the text of a
/// Python dictionary.
Row open_row(const FileSet& files, const std::string& name) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  constexpr std::uint64_t kMostHeader = 4096;
  Row row;
  row.file = files.require(name);
  const std::uint64_t size = row.file->size();
  std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(size, 12)), '\0');
  row.file->read(0, std::as_writable_bytes(std::span(start)));
  if (start.size() < 12 || !starts_with(start, kMagic))
    corrupt(row.file->name(), "at byte 0, NumPy's magic number is missing");
  const auto byte = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(start[i])};
  };
  const bool is_short = byte(6) == 1;
  const std::uint64_t at = is_short ? 10 : 12;
  const std::uint64_t length =
      is_short ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (byte(6) < 1 || byte(6) > 3 || length > kMostHeader || length > size - at)
    corrupt(row.file->name(), "at byte 6, its header has an unknown version or length");
  std::string text(static_cast<std::size_t>(length), '\0');
  row.file->read(at, std::as_writable_bytes(std::span(text)));
  row.begin = at + length;
  row.bytes = size - row.begin;
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  const std::string expected = concat("'shape':(", row.bytes / 4, ",)");
  for (const std::string_view part :
       {std::string_view("'descr':'<f4'"), std::string_view("'fortran_order':False"),
        std::string_view(expected)}) {
    if (row.bytes % 4 != 0 || text.find(part) == std::string::npos) {
      corrupt(row.file->name(), concat("at byte ", at, ", its header is no row of ", row.bytes,
                                       " bytes of little-endian float32"));
    }
  }
  return row;
}

json read_json(const FileSet& files, std::string_view name) {
  const auto file = files.require(std::string(name));
  if (file->size() > kMostJsonBytes) corrupt(file->name(), "it is too long");
  json list = parse_json(read_text(*file), file->name());
  if (!list.is_array()) corrupt(file->name(), "it holds no list");
  return list;
}

class NumpyParameters final : public CheckpointReader {
 public:
  explicit NumpyParameters(const FileSet& files) {
    std::uint64_t total = 0;
    for (int i = 0; i < kFiles; ++i) {
      rows_.push_back(open_row(files, concat("params_", i, ".npy")));
      total += rows_.back().bytes;
    }
    const json shapes = read_json(files, kShapesFile);
    const json names = read_json(files, kNamesFile);
    if (shapes.size() < 2 || shapes.size() != names.size() + 1) {
      corrupt(kShapesFile, concat("it holds ", shapes.size(), " shapes for the ", names.size(),
                                  " names of \"", kNamesFile, "\", of which one is for two"));
    }
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      TensorInfo tensor;
      tensor.name = name_of(names, i);
      tensor.shape = shape_of(shapes[i], tensor.name);
      const auto count = element_count(tensor.shape);
      const auto bytes = count ? checked_mul<std::int64_t>(*count, 4) : std::nullopt;
      if (!bytes || static_cast<std::uint64_t>(*bytes) > total - next) {
        corrupt(kShapesFile, concat("\"", tensor.name, "\" of ", shape_string(tensor.shape),
                                    " ends behind the arrays' ", total, " bytes"));
      }
      tensor.begin = next;
      tensor.end = next += static_cast<std::uint64_t>(*bytes);
      infos_.push_back(std::move(tensor));
    }
    if (next != total)
      corrupt(kShapesFile, concat("its shapes take ", next, " of the arrays' ", total, " bytes"));
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }

  void read(std::size_t index, std::span<std::byte> out) const override {
    std::uint64_t begin = infos_.at(index).begin;
    for (const Row& row : rows_) {
      if (out.empty()) break;
      if (begin < row.bytes) {
        const auto part = out.first(
            static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), row.bytes - begin)));
        row.file->read(row.begin + begin, part);
        out = out.subspan(part.size());
        begin += part.size();
      }
      begin -= row.bytes;
    }
  }

 private:
  static std::string name_of(const json& names, std::size_t index) {
    if (index < kEmbeddings.size()) return std::string(kEmbeddings[index]);
    const json& name = names[index - 1];
    if (!name.is_string()) corrupt(kNamesFile, concat("its item ", index - 1, " is no name"));
    std::string text = name.get<std::string>();
    constexpr std::string_view kOutput = ":0";
    const bool is_text = std::none_of(text.begin(), text.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (!is_text) corrupt(kNamesFile, concat("its item ", index - 1, " is no name"));
    if (ends_with(text, kOutput)) text.resize(text.size() - kOutput.size());
    return text;
  }

  static std::vector<std::int64_t> shape_of(const json& shape, std::string_view name) {
    const bool is_shape =
        shape.is_array() && std::all_of(shape.begin(), shape.end(), [](const json& size) {
          return size.is_number_unsigned() && size.get<std::uint64_t>() <= INT32_MAX;
        });
    if (!is_shape) corrupt(kShapesFile, concat("\"", name, "\" has no shape"));
    return shape.get<std::vector<std::int64_t>>();
  }

  std::vector<Row> rows_;
  std::vector<TensorInfo> infos_;
};

}  // namespace

std::unique_ptr<CheckpointReader> open_numpy_parameters(const FileSet& files) {
  return std::make_unique<NumpyParameters>(files);
}

}  // namespace verdict::convert
