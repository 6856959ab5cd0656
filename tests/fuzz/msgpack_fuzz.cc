// A Flax file: its maps and all of its arrays.
#include "fuzz.h"
#include "verdict_convert/formats/flax_msgpack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  const std::span<const std::uint8_t> bytes(data, size);
  fuzz::expect_answer([&] {
    std::vector<std::unique_ptr<ByteSource>> files;
    files.push_back(memory_source(fuzz::as_bytes(fuzz::as_text(bytes))));
    const auto reader = convert::open_flax_msgpack(std::move(files));
    std::vector<std::byte> out;
    for (std::size_t i = 0; i < reader->tensors().size(); ++i) {
      out.resize(static_cast<std::size_t>(reader->tensors()[i].byte_size()));
      reader->read(i, out);
    }
  });
  return 0;
}
