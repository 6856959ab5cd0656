#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/error.h"

namespace verdict::cli {

/// An option of a command.
struct OptionSpec {
  std::string_view name;   ///< with the dashes
  std::string_view value;  ///< what it takes, for the help; empty: a flag
  std::string_view help;
};

struct CommandSpec {
  std::string_view name;      ///< with the program's, as it is called
  std::string_view operands;  ///< for the help
  std::string_view summary;
  std::span<const OptionSpec> options;
  std::string_view details = {};  ///< after the options
};

/// For the help.
inline constexpr std::string_view kExitCodes =
    "Exit codes: 0 all went well, 1 something failed, 2 the command line is wrong.\n";

/// A mistake in the command line; exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command's help.
std::string help(const CommandSpec& command);

/// The arguments of one command. Options may stand anywhere, as `--name value` or `--name=value`;
/// `--` ends them.
class Arguments {
 public:
  /// Throws `UsageError` for an unknown, repeated or incomplete option.
  Arguments(const CommandSpec& command, std::span<const std::string_view> arguments);

  const std::vector<std::string>& operands() const { return operands_; }
  bool has(std::string_view option) const { return values_.contains(option); }
  std::optional<std::string> get(std::string_view option) const;

  /// The value; throws `UsageError` when the option is missing.
  std::string require(std::string_view option) const;

  /// An integer from `least` to 2^31 - 1; throws `UsageError`.
  std::optional<std::int64_t> integer(std::string_view option, std::int64_t least) const;

  /// What `parse` makes of the value; its `kInvalidArgument` becomes a `UsageError`.
  template <typename Parse>
  auto parsed(std::string_view option, std::string_view otherwise, const Parse& parse) const {
    try {
      return parse(get(option).value_or(std::string(otherwise)));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidArgument) throw;
      throw UsageError(error.what());
    }
  }

 private:
  std::string_view command_;
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> operands_;
};

}  // namespace verdict::cli
