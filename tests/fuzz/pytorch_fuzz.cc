// A file of torch.save, or its pickle alone: all of its tensors.
#include "fuzz.h"
#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/pickle.h"
#include "verdict/checkpoint/pytorch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  const std::string_view text = fuzz::as_text({data, size});
  fuzz::expect_answer([&] {
    const auto reader = open_pytorch(memory_source(fuzz::as_bytes(text)));
    const auto tensors = reader->tensors();
    // Views may show their elements many times, so that all of them would take long.
    std::uint64_t left = std::uint64_t{1} << 24;
    for (std::size_t i = 0; i < tensors.size() && tensors[i].byte_size() <= left; ++i) {
      left -= tensors[i].byte_size();
      std::vector<std::byte> bytes(static_cast<std::size_t>(tensors[i].byte_size()));
      reader->read(i, bytes);
    }
  });
  // Mutated archives fail by their checksums, so the pickle is read without one, too.
  fuzz::expect_answer([&] { Pickle(text, "pickle").load(); });
  return 0;
}
