#pragma once

namespace verdict::xnnpack {

/// Instruction sets that kernels are compiled for, from the least to the most able.
enum class Isa { kBaseline, kAvx2, kAvx512, kAvx512Vnni };

/// The best one of this machine.
Isa detect_isa();

const char* isa_name(Isa isa);

}  // namespace verdict::xnnpack
