#pragma once

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

namespace verdict {

/// What kind of thing went wrong. The name (`error_code_name`) is part of the public contract: it
/// is the `code` of a `VerdictError` in JavaScript and stands in `--json` output.
enum class ErrorCode {
  kInvalidArgument,  ///< a value or option given by the caller is wrong
  kNotFound,         ///< a file, model, tensor or config attribute does not exist
  kCorruptFile,      ///< a file's content contradicts its own format
  kUnsupported,      ///< valid, but this build or version cannot do it
  kIo,               ///< the operating system refused to read or write
  kNetwork,          ///< a server could not be reached or answered badly
  kOutOfMemory,      ///< an allocation failed; the objects at hand stay usable
  kInternal,         ///< a defect of Verdict itself
};

/// Stable lower-case name of a code, for example `"invalid_argument"`.
std::string_view error_code_name(ErrorCode code);

/// The one exception type that crosses Verdict's API borders. `what()` is a sentence for people.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

[[noreturn]] void throw_out_of_memory(std::string_view attempt);

/// Runs `call`; a failed allocation becomes an Error with what was attempted, for example
/// "Loading the model".
template <typename Call>
decltype(auto) with_memory_errors(std::string_view attempt, const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    throw_out_of_memory(attempt);
  } catch (const std::length_error&) {
    throw_out_of_memory(attempt);
  }
}

}  // namespace verdict
