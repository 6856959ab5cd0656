#pragma once

#include <span>

#include "verdict/auto/auto_model.h"
#include "verdict/cli/arguments.h"

// The commands of the program `verdict`. Each gives the exit code: 0, or 1 when some input failed;
// errors that end a command are thrown.
namespace verdict::cli {

extern const CommandSpec kClassify;
extern const CommandSpec kRun;
extern const CommandSpec kTokenize;
extern const CommandSpec kInspect;

int classify(const Arguments& arguments);
int run(const Arguments& arguments);
int tokenize(const Arguments& arguments);
int inspect(const Arguments& arguments);

/// The folder that MODEL names. Throws `UsageError` when there is not exactly one operand, or none,
/// `kNotFound` when there is no such folder.
std::string model_operand(const Arguments& arguments, bool more_operands = false);

/// Options that every command with a model takes: --dtype and --threads.
FromPretrainedOptions model_options(const Arguments& arguments);

/// Writes to standard output, at once to a terminal. Throws `kIo` when the reader is gone.
void write_out(std::string_view text);

/// Writes a line to standard error.
void warn(std::string_view text);

}  // namespace verdict::cli
