#include "verdict/base/error.h"

namespace verdict {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kCorruptFile:
      return "corrupt_file";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kIo:
      return "io_error";
    case ErrorCode::kNetwork:
      return "network_error";
    case ErrorCode::kOutOfMemory:
      return "out_of_memory";
    case ErrorCode::kInternal:
      return "internal_error";
  }
  return "internal_error";
}

void throw_out_of_memory(std::string_view attempt) {
  throw Error(ErrorCode::kOutOfMemory,
              std::string(attempt) +
                  " needs more memory than there is. Use dtype \"q8\", a smaller model or smaller "
                  "batches; what was loaded before is still usable.");
}

}  // namespace verdict
