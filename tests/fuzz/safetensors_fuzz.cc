// A safetensors file: its header and all of its tensors.
#include "fuzz.h"
#include "verdict/base/tensor.h"
#include "verdict/checkpoint/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  const std::span<const std::uint8_t> bytes(data, size);
  fuzz::expect_answer([&] {
    const auto file = memory_source(fuzz::as_bytes(fuzz::as_text(bytes)));
    for (const auto& [name, tensor] : read_safetensors(*file)) {
      if (is_floating_point(tensor.dtype())) to_f32(tensor.view());
    }
  });
  return 0;
}
