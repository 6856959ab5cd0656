#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace verdict::xnnpack {

/// Instruction sets that kernels are compiled for, from the least to the most able.
enum class Isa { kBaseline, kAvx2, kAvx512, kAvx512Vnni, kAvx512Amx };

/// The best one of this machine. Asks the operating system for the tiles of AMX, which a process
/// may not use unasked; one that refuses has a machine without them.
Isa detect_isa();

const char* isa_name(Isa isa);

/// Whose products run where XNNPACK and we have a kernel: the one that was measured to be faster,
/// or always the same.
enum class Products { kFaster, kXnnpack, kOwn };

/// Which kernels run.
struct KernelChoice {
  Isa isa = Isa::kBaseline;
  Products products = Products::kFaster;
};

/// What the words ask for: an instruction set (a name of `isa_name`), whose products ("xnnpack",
/// "own"), or both, separated by a comma; none: the best ones. Throws `kInvalidArgument` for
/// another word, `kUnsupported` for an instruction set beyond `best`.
KernelChoice parse_kernel_choice(std::string_view words, Isa best);

/// The best kernels of this machine, or those that the environment variable VERDICT_KERNELS names.
/// WebAssembly has one set a variant and no such variable.
KernelChoice choose_kernels();

/// While it lives, the calling thread computes with zeros in place of denormals, as the threads of
/// a pool do: with them, a product takes a hundred times as long. Nothing in WebAssembly, which has
/// no such mode.
class DenormalsAsZero {
 public:
  DenormalsAsZero();
  ~DenormalsAsZero();
  DenormalsAsZero(const DenormalsAsZero&) = delete;
  DenormalsAsZero& operator=(const DenormalsAsZero&) = delete;

 private:
  [[maybe_unused]] std::uint64_t before_ = 0;  ///< the control register
};

/// For people, for example "avx512vnni" or "avx2, XNNPACK's products".
std::string describe(const KernelChoice& choice);

}  // namespace verdict::xnnpack
