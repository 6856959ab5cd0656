// The program `verdict`. Its exit codes are those of `kExitCodes`; a closed pipe ends it by
// SIGPIPE, where the system has that.
#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/cli/commands.h"

namespace {

using namespace verdict::cli;

struct Command {
  std::string_view name;
  const CommandSpec* spec;
  int (*run)(const Arguments& arguments);
};

constexpr std::array<Command, 4> kCommands{{
    {"classify", &kClassify, &classify},
    {"run", &kRun, &run},
    {"tokenize", &kTokenize, &tokenize},
    {"inspect", &kInspect, &inspect},
}};

std::string overview() {
  std::string out =
      "Usage: verdict COMMAND MODEL …\n\nRuns Hugging Face sequence-classification models. MODEL "
      "is a folder.\n\nCommands:\n";
  for (const Command& command : kCommands) {
    out += verdict::concat("  ", command.name, " ", command.spec->operands, "\n");
  }
  out += "\nverdict COMMAND --help shows a command's options; verdict --version the version.\n";
  out += kExitCodes;
  return out;
}

int dispatch(const std::vector<std::string_view>& arguments) {
  if (arguments.empty()) throw UsageError("A command is missing. See verdict --help.");
  if (arguments[0] == "--help" || arguments[0] == "help") {
    write_out(overview());
    return 0;
  }
  if (arguments[0] == "--version") {
    write_out("verdict " VERDICT_VERSION "\n");
    return 0;
  }
  for (const Command& command : kCommands) {
    if (command.name != arguments[0]) continue;
    const std::span rest(arguments.begin() + 1, arguments.end());
    for (const std::string_view argument : rest) {
      if (argument == "--") break;
      if (argument == "--help") {
        write_out(help(*command.spec));
        return 0;
      }
    }
    return command.run(Arguments(*command.spec, rest));
  }
  throw UsageError(verdict::concat("The command \"", arguments[0],
                                   "\" is unknown; use classify, run, tokenize or inspect."));
}

}  // namespace

int main(int argc, char** argv) {
  int code = 1;
  try {
    code = dispatch({argv + 1, argv + argc});
  } catch (const UsageError& error) {
    warn(verdict::concat("verdict: ", error.what()));
    code = 2;
  } catch (const verdict::Error& error) {
    warn(verdict::concat("verdict: ", error.what()));
  } catch (const std::bad_alloc&) {
    warn("verdict: There is not enough memory.");
  } catch (const std::exception& error) {
    warn(verdict::concat("verdict: Internal error: ", error.what()));
  }
  if (std::fflush(stdout) != 0 && code == 0) {
    warn("verdict: The output cannot be written.");
    code = 1;
  }
  return code;
}
