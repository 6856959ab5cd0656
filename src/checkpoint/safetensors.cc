#include "verdict/checkpoint/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

using nlohmann::json;

/// The reference refuses longer headers too.
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;

[[noreturn]] void corrupt(std::string_view file, std::string_view what) {
  throw Error(
      ErrorCode::kCorruptFile,
      concat("\"", file, "\" is not a valid safetensors file: ", what, ". Get the file again."));
}

bool is_size(const json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX;
}

TensorInfo parse_tensor(const std::string& name, const json& entry, std::string_view file) {
  const auto field = [&](const char* key) -> const json& {
    if (!entry.is_object() || !entry.contains(key)) {
      corrupt(file, concat("the tensor \"", name, "\" has no \"", key, "\""));
    }
    return entry[key];
  };
  TensorInfo info;
  info.name = name;
  const json& dtype = field("dtype");
  const auto known = dtype.is_string() ? dtype_from_name(dtype.get<std::string>()) : std::nullopt;
  if (!known)
    corrupt(file, concat("the tensor \"", name, "\" has the unknown dtype ", to_text(dtype)));
  info.dtype = *known;

  const json& shape = field("shape");
  if (!shape.is_array() || !std::all_of(shape.begin(), shape.end(), is_size)) {
    corrupt(file, concat("the tensor \"", name, "\" has the shape ", to_text(shape)));
  }
  info.shape = shape.get<std::vector<std::int64_t>>();

  const json& offsets = field("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !is_size(offsets[0]) || !is_size(offsets[1]) ||
      offsets[0].get<std::uint64_t>() > offsets[1].get<std::uint64_t>()) {
    corrupt(file, concat("the tensor \"", name, "\" has the offsets ", to_text(offsets)));
  }
  info.begin = offsets[0].get<std::uint64_t>();
  info.end = offsets[1].get<std::uint64_t>();

  const auto count = element_count(info.shape);
  const auto bytes =
      count ? checked_mul(*count, static_cast<std::int64_t>(dtype_size(info.dtype))) : std::nullopt;
  if (!bytes || static_cast<std::uint64_t>(*bytes) != info.byte_size()) {
    corrupt(file, concat("the tensor \"", name, "\" of ", dtype_name(info.dtype), " ",
                         shape_string(info.shape), " has ", info.byte_size(), " bytes of data"));
  }
  return info;
}

}  // namespace

std::uint64_t safetensors_header_size(std::span<const std::byte> prefix, std::uint64_t file_size,
                                      std::string_view name) {
  if (prefix.size() < kSafetensorsPrefix)
    corrupt(name, concat("it has only ", file_size, " bytes"));
  std::uint64_t size = 0;
  for (std::size_t i = kSafetensorsPrefix; i-- > 0;)
    size = size << 8 | std::to_integer<std::uint64_t>(prefix[i]);
  if (size > kMostHeaderBytes || size > file_size - kSafetensorsPrefix) {
    corrupt(name, concat("its header claims ", size, " bytes in a file of ", file_size));
  }
  return size;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t file_size,
                                           std::string_view name) {
  SafetensorsHeader header;
  const std::uint64_t data_start = kSafetensorsPrefix + text.size();
  if (!starts_with(text, "{")) corrupt(name, "its header is no JSON object");
  const json parsed = parse_unique_json(text, name);
  for (const auto& [key, entry] : parsed.items()) {
    if (key != "__metadata__") {
      header.tensors.push_back(parse_tensor(key, entry, name));
      continue;
    }
    if (!entry.is_object()) corrupt(name, "its metadata is no JSON object");
    for (const auto& [field, value] : entry.items()) {
      if (!value.is_string())
        corrupt(name, concat("its metadata field \"", field, "\" is no string"));
      header.metadata[field] = value.get<std::string>();
    }
  }
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const TensorInfo& a, const TensorInfo& b) {
              return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
            });
  std::uint64_t next = 0;
  for (TensorInfo& tensor : header.tensors) {
    if (tensor.begin != next) {
      corrupt(name, concat("the data of \"", tensor.name, "\" begins at byte ", tensor.begin,
                           " instead of ", next));
    }
    next = tensor.end;
    tensor.begin += data_start;
    tensor.end += data_start;
  }
  if (next != file_size - data_start) {
    corrupt(name, concat("its tensors take ", next, " bytes, but ", file_size - data_start,
                         " follow the header"));
  }
  return header;
}

SafetensorsHeader read_safetensors_header(const ByteSource& source) {
  std::vector<std::byte> prefix(
      static_cast<std::size_t>(std::min<std::uint64_t>(kSafetensorsPrefix, source.size())));
  source.read(0, prefix);
  std::string text(
      static_cast<std::size_t>(safetensors_header_size(prefix, source.size(), source.name())),
      '\0');
  source.read(kSafetensorsPrefix, std::as_writable_bytes(std::span(text)));
  return parse_safetensors_header(text, source.size(), source.name());
}

std::map<std::string, Tensor, std::less<>> read_safetensors(const ByteSource& source) {
  std::map<std::string, Tensor, std::less<>> tensors;
  for (const TensorInfo& info : read_safetensors_header(source).tensors) {
    Tensor tensor(info.dtype, info.shape);
    source.read(info.begin, tensor.bytes());
    tensors.emplace(info.name, std::move(tensor));
  }
  return tensors;
}

std::string make_safetensors_header(std::span<const TensorInfo> tensors) {
  nlohmann::ordered_json header = {{"__metadata__", {{"format", "pt"}}}};
  std::uint64_t offset = 0;
  for (const TensorInfo& tensor : tensors) {
    const auto count = static_cast<std::uint64_t>(element_count(tensor.shape).value());
    const std::uint64_t end = offset + count * dtype_size(tensor.dtype);
    header[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string prefix(kSafetensorsPrefix, '\0');
  for (std::size_t i = 0; i < prefix.size(); ++i)
    prefix[i] = static_cast<char>(std::uint64_t{text.size()} >> (8 * i) & 0xff);
  return prefix + text;
}

void write_safetensors(const std::vector<TensorWriter>& tensors,
                       const std::function<void(std::span<const std::byte>)>& sink) {
  std::vector<TensorInfo> infos;
  for (const TensorWriter& tensor : tensors)
    infos.push_back({tensor.name, tensor.dtype, tensor.shape, 0, 0});
  const std::string header = make_safetensors_header(infos);
  sink(std::as_bytes(std::span(header)));
  for (const TensorWriter& tensor : tensors) sink(tensor.data().bytes());
}

}  // namespace verdict
