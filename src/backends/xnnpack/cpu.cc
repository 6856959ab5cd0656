#include "verdict/backends/xnnpack/cpu.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::xnnpack {

Isa detect_isa() {
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  if (avx512) return __builtin_cpu_supports("avx512vnni") ? Isa::kAvx512Vnni : Isa::kAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::kAvx2;
#endif
  return Isa::kBaseline;
}

const char* isa_name(Isa isa) {
  switch (isa) {
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
  constexpr std::array<Isa, 4> kAll{Isa::kBaseline, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vnni};
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
                         ", which this CPU lacks; the best it has is ", isa_name(best), "."));
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

std::string describe(const KernelChoice& choice) {
  constexpr std::array<const char*, 3> kSuffixes{"", ", XNNPACK's products", ", own products"};
  return concat(isa_name(choice.isa), kSuffixes[static_cast<std::size_t>(choice.products)]);
}

}  // namespace verdict::xnnpack
