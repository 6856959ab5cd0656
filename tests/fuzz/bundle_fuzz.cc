// A TensorFlow bundle: index, object graph, tensors, names.
#include <array>
#include <string>

#include "fuzz.h"
#include "verdict_convert/formats/crc32c.h"
#include "verdict_convert/formats/object_graph.h"
#include "verdict_convert/formats/tensor_bundle.h"
#include "verdict_convert/names/names.h"

namespace {

using namespace verdict;

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
  return out;
}

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value);
}

/// A block with the checksum that no mutation would find.
std::string sealed(std::string block, char compression) {
  block += compression;
  return block + number(convert::masked_crc(convert::crc32c(fuzz::as_bytes(block))), 4);
}

/// A table of one block of entries.
std::string table(std::string_view block, char compression) {
  const std::string data = sealed(std::string(block), compression);
  const std::string handle = varint(0) + varint(block.size());
  const std::string index = std::string(1, '\0') + '\1' + static_cast<char>(handle.size()) + "z" +
                            handle + number(0, 4) + number(1, 4);
  std::string footer = varint(0) + varint(0) + varint(data.size()) + varint(index.size());
  footer.resize(40, '\0');
  return data + sealed(index, 0) + footer + number(0xdb4775248b80fb57, 8);
}

}  // namespace

/// One byte says what follows, one the model type, two how many bytes are the index's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array kTypes{"bert",    "albert", "xlnet",  "funnel",
                              "gpt_neo", "t5",     "canine", "bigbird_pegasus"};
  if (size < 4) return 0;
  const std::span<const std::uint8_t> bytes(data, size);
  const std::string_view text = fuzz::as_text(bytes.subspan(4));
  const std::string_view index = text.substr(0, bytes[2] | std::size_t{bytes[3]} << 8);
  const std::string_view rest = text.substr(index.size());
  const unsigned form = bytes[0] % 4;
  fuzz::expect_answer([&] {
    if (form == 3) {
      convert::read_object_graph(index, "graph");
      return;
    }
    const std::string file = form == 0 ? std::string(index) : table(index, form == 1 ? '\0' : '\1');
    const auto files = memory_files(
        {{"x.index", fuzz::as_bytes(file)}, {"x.data-00000-of-00001", fuzz::as_bytes(rest)}},
        "model");
    const auto bundle = convert::open_tensor_bundle(*files, "x.index");
    const auto stored = bundle.reader->tensors();
    const auto config =
        PretrainedConfig::from_json({{"model_type", kTypes[bytes[1] % kTypes.size()]},
                                     {"num_hidden_layers", 2},
                                     {"block_sizes", {1, 1}}});
    if (bundle.object_based) {
      convert::map_tensorflow2(stored, bundle.full_names, {config, {}});
    } else {
      convert::map_tensorflow1(stored, {config, {}});
    }
    for (std::size_t i = 0; i < stored.size(); ++i) {
      std::vector<std::byte> out(static_cast<std::size_t>(stored[i].byte_size()));
      bundle.reader->read(i, out);
    }
  });
  return 0;
}
