// A Keras HDF5 file: its structures and all of its weights.
#include "fuzz.h"
#include "verdict_convert/formats/keras_h5.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  const std::span<const std::uint8_t> bytes(data, size);
  fuzz::expect_answer([&] {
    std::vector<std::unique_ptr<ByteSource>> files;
    files.push_back(memory_source(fuzz::as_bytes(fuzz::as_text(bytes))));
    const auto weights = convert::open_keras_h5(std::move(files));
    std::vector<std::byte> out;
    for (std::size_t i = 0; i < weights.reader->tensors().size(); ++i) {
      out.resize(static_cast<std::size_t>(weights.reader->tensors()[i].byte_size()));
      weights.reader->read(i, out);
    }
  });
  return 0;
}
