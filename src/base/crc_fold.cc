#include "verdict/base/crc_fold.h"

#if defined(__x86_64__)
#include <wmmintrin.h>

#include <cstring>

namespace verdict {

namespace {

constexpr std::size_t kStep = 64;

__m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

/// `sum` times the two powers, plus the bytes that come so much later.
__attribute__((target("pclmul"))) inline __m128i advance(__m128i sum, __m128i powers,
                                                         __m128i bytes) {
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(sum, powers, 0x00), bytes),
                       _mm_clmulepi64_si128(sum, powers, 0x11));
}

// Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel
// 2009.
__attribute__((target("pclmul"))) FoldedCrc fold_steps(std::uint32_t crc,
                                                       std::span<const std::byte> bytes,
                                                       __m128i by_64, __m128i by_16) {
  const std::byte* at = bytes.data();
  __m128i sums[] = {_mm_xor_si128(load(at), _mm_cvtsi32_si128(static_cast<int>(crc))),
                    load(at + 16), load(at + 32), load(at + 48)};
  const std::size_t taken = bytes.size() / kStep * kStep;
  for (at += kStep; at != bytes.data() + taken; at += kStep) {
    for (std::size_t i = 0; i < 4; ++i) sums[i] = advance(sums[i], by_64, load(at + 16 * i));
  }
  for (std::size_t i = 1; i < 4; ++i) sums[i] = advance(sums[i - 1], by_16, sums[i]);
  FoldedCrc folded{taken, {}};
  std::memcpy(folded.bytes.data(), &sums[3], folded.bytes.size());
  return folded;
}

}  // namespace

FoldedCrc CrcFolder::fold(std::uint32_t crc, std::span<const std::byte> bytes) const {
  if (bytes.size() < kStep || __builtin_cpu_supports("pclmul") == 0) return {};
  return fold_steps(crc, bytes, load(by_64_.data()), load(by_16_.data()));
}

}  // namespace verdict

#endif
