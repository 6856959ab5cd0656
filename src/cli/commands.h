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

/// The folder that MODEL names, or a file in the place of one: what a file is good for, its loader
/// says. Throws `UsageError` when there is not exactly one operand, or none, `kNotFound` when there
/// is neither.
std::string model_operand(const Arguments& arguments, bool more_operands = false);

/// The folder of a model's tokenizer.
std::string model_folder(const std::string& model);

/// Where weights and config come from, for every command with a model.
inline constexpr OptionSpec kFromTf{"--from-tf", "",
                                    "weights of TensorFlow; MODEL may be its .index or .h5 file"};
inline constexpr OptionSpec kFromFlax{"--from-flax", "", "weights of Flax"};
inline constexpr OptionSpec kConfig{"--config", "FILE", "in the place of MODEL's config.json"};

/// What they say.
FromPretrainedOptions source_options(const Arguments& arguments);

/// The same with --dtype and --threads.
FromPretrainedOptions model_options(const Arguments& arguments);

/// Writes to standard output, at once to a terminal. Throws `kIo` when the reader is gone.
void write_out(std::string_view text);

/// Writes a line to standard error.
void warn(std::string_view text);

}  // namespace verdict::cli
