#include "verdict/cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "verdict/base/strings.h"

namespace verdict::cli {

std::string help(const CommandSpec& command) {
  std::string out = concat("Usage: ", command.name, " ", command.operands, "\n\n", command.summary,
                           "\n\nOptions:\n");
  const auto label = [](const OptionSpec& option) {
    return concat(option.name, option.value.empty() ? "" : " ", option.value);
  };
  std::size_t width = 6;
  for (const OptionSpec& option : command.options) width = std::max(width, label(option).size());
  const auto line = [&](const std::string& name, std::string_view text) {
    out += concat("  ", name, std::string(width - name.size() + 2, ' '), text, "\n");
  };
  for (const OptionSpec& option : command.options) line(label(option), option.help);
  line("--help", "show this help");
  if (!command.details.empty()) out += concat("\n", command.details, "\n");
  out += concat("\n", kExitCodes);
  return out;
}

Arguments::Arguments(const CommandSpec& command, std::span<const std::string_view> arguments)
    : command_(command.name) {
  bool options_end = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (options_end || !starts_with(argument, "--")) {
      operands_.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      options_end = true;
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const auto spec = std::ranges::find(command.options, name, &OptionSpec::name);
    if (spec == command.options.end()) {
      throw UsageError(concat("The option ", name, " is unknown. See ", command_, " --help."));
    }
    std::string_view value;
    if (spec->value.empty()) {
      if (equals != std::string_view::npos) {
        throw UsageError(concat("The option ", name, " takes no value."));
      }
    } else if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (++i < arguments.size()) {
      value = arguments[i];
    } else {
      throw UsageError(concat("The option ", name, " needs a value: ", spec->value, "."));
    }
    if (!values_.emplace(name, value).second) {
      throw UsageError(concat("The option ", name, " is given twice."));
    }
  }
}

std::optional<std::string> Arguments::get(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::string Arguments::require(std::string_view option) const {
  if (auto value = get(option)) return *value;
  throw UsageError(concat("The option ", option, " is missing. See ", command_, " --help."));
}

std::optional<std::int64_t> Arguments::integer(std::string_view option, std::int64_t least) const {
  const auto text = get(option);
  if (!text) return std::nullopt;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < least ||
      value > kMost) {
    throw UsageError(concat("The option ", option, " is \"", *text, "\"; an integer from ", least,
                            " to ", kMost, " was expected."));
  }
  return value;
}

}  // namespace verdict::cli
