#include "verdict/backends/xnnpack/cpu.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace verdict::xnnpack {

#if defined(__x86_64__) && defined(__linux__)
namespace {

/// What XCR0 says: the parts of the registers' state that the operating system saves.
std::uint64_t saved_state() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

/// Whether this process may use AMX for int8 and bfloat16. (g++ 12 and clang 14 do not know it by
/// name.)
bool may_use_amx() {
  constexpr std::uint32_t kOsxsave = 1u << 27;                             // leaf 1, ecx
  constexpr std::uint32_t kAmx = 1u << 22 | 1u << 24 | 1u << 25;           // leaf 7, edx
  constexpr std::uint64_t kTileState = std::uint64_t{1} << 17 | 1u << 18;  // XCR0
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsxsave) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kAmx) != kAmx) return false;
  if ((saved_state() & kTileState) != kTileState) return false;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace
#endif

Isa detect_isa() {
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  if (avx512 && !__builtin_cpu_supports("avx512vnni")) return Isa::kAvx512;
#if defined(__linux__)
  if (avx512 && __builtin_cpu_supports("avx512bf16")) {
    static const bool amx = may_use_amx();
    if (amx) return Isa::kAvx512Amx;
  }
#endif
  if (avx512) return Isa::kAvx512Vnni;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::kAvx2;
#endif
  return Isa::kBaseline;
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kAvx512Amx:
      return "avx512amx";
    case Isa::kAvx512Vnni:
      return "avx512vnni";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kBaseline:
      break;
  }
#if defined(__wasm_relaxed_simd__)
  return "wasm relaxed simd";
#elif defined(__wasm__)
  return "wasm simd";
#elif defined(__x86_64__)
  return "sse2";
#else
  return "baseline";
#endif
}

KernelChoice parse_kernel_choice(std::string_view words, Isa best) {
  constexpr std::array<Isa, 5> kAll{Isa::kBaseline, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vnni,
                                    Isa::kAvx512Amx};
  constexpr std::array<std::string_view, 2> kProducts{"xnnpack", "own"};
  KernelChoice choice{best, Products::kFaster};
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(','));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    const auto products = std::ranges::find(kProducts, word);
    if (products != kProducts.end()) {
      choice.products = products == kProducts.begin() ? Products::kXnnpack : Products::kOwn;
      continue;
    }
    const auto isa =
        std::find_if(kAll.begin(), kAll.end(), [&](Isa one) { return isa_name(one) == word; });
    if (isa == kAll.end()) {
      std::vector<std::string_view> names(kProducts.begin(), kProducts.end());
      std::transform(kAll.begin(), kAll.end(), std::back_inserter(names), isa_name);
      throw Error(ErrorCode::kInvalidArgument,
                  concat("VERDICT_KERNELS names the kernels \"", word, "\"; it takes ",
                         quoted_list(names), ", separated by commas."));
    }
    if (*isa > best) {
      throw Error(ErrorCode::kUnsupported,
                  concat("VERDICT_KERNELS asks for ", word,
                         ", which this machine lacks; the best it has is ", isa_name(best), "."));
    }
    choice.isa = *isa;
  }
  return choice;
}

KernelChoice choose_kernels() {
#if defined(__wasm__)
  return {detect_isa(), Products::kFaster};
#else
  const char* words = std::getenv("VERDICT_KERNELS");
  return parse_kernel_choice(words == nullptr ? "" : words, detect_isa());
#endif
}

#if defined(__x86_64__)
DenormalsAsZero::DenormalsAsZero() : before_(_mm_getcsr()) {
  constexpr unsigned kFlushToZero = 0x8000;
  constexpr unsigned kDenormalsAreZeros = 0x0040;
  _mm_setcsr(static_cast<unsigned>(before_) | kFlushToZero | kDenormalsAreZeros);
}
DenormalsAsZero::~DenormalsAsZero() { _mm_setcsr(static_cast<unsigned>(before_)); }
#elif defined(__aarch64__)
DenormalsAsZero::DenormalsAsZero() {
  constexpr std::uint64_t kFlushToZero = std::uint64_t{1} << 24;
  asm volatile("mrs %0, fpcr" : "=r"(before_));
  asm volatile("msr fpcr, %0" : : "r"(before_ | kFlushToZero));
}
DenormalsAsZero::~DenormalsAsZero() { asm volatile("msr fpcr, %0" : : "r"(before_)); }
#else
DenormalsAsZero::DenormalsAsZero() = default;
DenormalsAsZero::~DenormalsAsZero() = default;
#endif

std::string describe(const KernelChoice& choice) {
  constexpr std::array<const char*, 3> kSuffixes{"", ", XNNPACK's products", ", own products"};
  return concat(isa_name(choice.isa), kSuffixes[static_cast<std::size_t>(choice.products)]);
}

}  // namespace verdict::xnnpack
