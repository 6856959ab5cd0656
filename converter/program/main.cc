// The program `verdict-convert`. Its exit codes are those of `kExitCodes`.
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <new>

#include "verdict/base/error.h"
#include "verdict/base/file_writer.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/cli/arguments.h"
#include "verdict_convert/convert.h"

namespace {

using namespace verdict;
using namespace verdict::cli;

constexpr OptionSpec kOptions[] = {
    {"--config", "FILE", "config of the reference or of the original code base (default: INPUT's)"},
    {"--model-type", "T", "such as bert, where the config does not tell"},
    {"--num-labels", "N", "labels of the head, where the config does not tell"},
    {"--prefix", "P", "only tensors whose names begin with P, which is cut off"},
    {"--dtype", "D", "f32, f16 or bf16 (default: as stored; f64 as f32)"},
    {"--quantize", "q8", "int8 weights with scales"},
    {"--max-shard-size", "N", "bytes of a file at most, such as 200MB or 5GB (default 5GB)"},
    {"--tensors-only", "", "take any file of tensors, without a model, names as they are"},
    {"--dry-run", "", "print what becomes of every tensor and write nothing; OUTPUT_DIR may lack"},
    {"--verify", "", "read the result and compare every tensor with the input"},
    {"--report", "FILE.json", "write what was mapped, skipped and missing"},
    {"--version", "", "show the version"},
};

constexpr CommandSpec kConvert{
    "verdict-convert", "INPUT OUTPUT_DIR [options]",
    "Converts a checkpoint of TensorFlow, Keras, PyTorch or Flax to safetensors: into OUTPUT_DIR,\n"
    "which must not exist or be empty, come model.safetensors, config.json and the tokenizer's "
    "files.\n"
    "INPUT is a file of weights or the folder of a model; what it is, its content tells.",
    kOptions,
    "Accepts model.safetensors, pytorch_model.bin, tf_model.h5, flax_model.msgpack, each also in\n"
    "shards (.index.json), TensorFlow checkpoints (.index) and OpenAI GPT's params_0.npy.\n"
    "Parameters that the input lacks are named, and initialised when the result is loaded."};

volatile sig_atomic_t interrupted = 0;

/// "5GB", "200MB", "1GiB", "1000".
std::uint64_t parse_size(const std::string& text) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  constexpr Unit kUnits[] = {
      {"", 1},          {"B", 1},         {"KB", 1'000},   {"MB", 1'000'000}, {"GB", 1'000'000'000},
      {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : kUnits) {
    if (error != std::errc() || number == 0 || rest != unit.name) continue;
    if (number > UINT64_MAX / unit.bytes) break;
    return number * unit.bytes;
  }
  throw UsageError(concat("The option --max-shard-size is \"", text,
                          "\"; a number of bytes such as 200MB, 5GB or 1GiB was expected."));
}

DType parse_dtype(const std::string& text) {
  if (text == "f32") return DType::kF32;
  if (text == "f16") return DType::kF16;
  if (text == "bf16") return DType::kBF16;
  throw UsageError(concat("The option --dtype is \"", text, "\"; f32, f16 or bf16 was expected."));
}

convert::ConvertOptions parse_options(const Arguments& arguments) {
  convert::ConvertOptions options;
  options.config = arguments.get("--config").value_or("");
  options.model_type = arguments.get("--model-type").value_or("");
  options.num_labels = arguments.integer("--num-labels", 1);
  options.prefix = arguments.get("--prefix").value_or("");
  if (const auto dtype = arguments.get("--dtype")) options.dtype = parse_dtype(*dtype);
  if (const auto type = arguments.get("--quantize")) {
    if (*type != "q8") {
      throw UsageError(concat("The option --quantize is \"", *type, "\"; q8 was expected."));
    }
    options.quantize = true;
  }
  if (const auto size = arguments.get("--max-shard-size"))
    options.max_shard_size = parse_size(*size);
  options.dry_run = arguments.has("--dry-run");
  options.tensors_only = arguments.has("--tensors-only");
  options.verify = arguments.has("--verify");
  const auto exclude = [&](const char* one, const char* other) {
    if (arguments.has(one) && arguments.has(other))
      throw UsageError(concat("The options ", one, " and ", other, " exclude each other."));
  };
  for (const char* other : {"--config", "--model-type", "--num-labels", "--quantize"})
    exclude("--tensors-only", other);
  exclude("--dtype", "--quantize");
  exclude("--dry-run", "--verify");
  return options;
}

/// A line on the terminal, a few times a second.
class ProgressLine {
 public:
  void show(const convert::ConvertProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    const bool ends = progress.done == progress.total;
    if (!is_terminal_ || (now < next_ && !ends)) return;
    next_ = now + std::chrono::milliseconds(100);
    constexpr std::size_t kWidth = 30;
    const double share = progress.total == 0 ? 1
                                             : static_cast<double>(progress.done) /
                                                   static_cast<double>(progress.total);
    const auto filled = static_cast<std::size_t>(share * kWidth);
    std::fprintf(stderr, "\r[%s%s] %3.0f %%  %.1f of %.1f MB", std::string(filled, '#').c_str(),
                 std::string(kWidth - filled, ' ').c_str(), 100 * share,
                 static_cast<double>(progress.done) / 1e6,
                 static_cast<double>(progress.total) / 1e6);
    shown_ = true;
  }

  ~ProgressLine() {
    if (shown_) std::fputc('\n', stderr);
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_{};
};

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    throw Error(ErrorCode::kIo, "The output cannot be written.");
}

void warn(std::string_view text) {
  std::fprintf(stderr, "verdict-convert: %.*s\n", static_cast<int>(text.size()), text.data());
}

void write_report(const Arguments& arguments, const nlohmann::json& report) {
  const auto path = arguments.get("--report");
  if (!path) return;
  const std::string json = to_text(report, 2) + "\n";
  FileWriter file(*path);
  file.write(std::as_bytes(std::span(json)));
  file.commit();
}

int run(const Arguments& arguments) {
  convert::ConvertOptions options = parse_options(arguments);
  const auto& operands = arguments.operands();
  if (operands.empty()) throw UsageError("INPUT is missing. See verdict-convert --help.");
  if (operands.size() < 2 && !options.dry_run)
    throw UsageError("OUTPUT_DIR is missing. See verdict-convert --help.");
  if (operands.size() > 2) {
    throw UsageError(
        concat("INPUT and OUTPUT_DIR were expected, but \"", operands[2], "\" follows."));
  }
  convert::ConvertReport report;
  try {
    ProgressLine line;
    options.progress = [&](const convert::ConvertProgress& progress) {
      if (interrupted != 0) throw Error(ErrorCode::kIo, "Interrupted; nothing was written.");
      line.show(progress);
    };
    report = convert::convert(operands[0], operands.size() > 1 ? operands[1] : "", options);
  } catch (const Error& error) {
    write_report(arguments,
                 {{"error", {{"code", error_code_name(error.code())}, {"message", error.what()}}}});
    throw;
  }
  if (options.dry_run) print(report.mapping());
  write_report(arguments, report.to_json());
  const std::string summary = report.summary();
  std::fputs(summary.c_str(), stderr);
  if (report.fits()) return 0;
  warn("The input does not fit the config: see the lines with \"missing\" and \"mismatched\".");
  return 1;
}

int dispatch(std::span<const std::string_view> arguments) {
  for (const std::string_view argument : arguments) {
    if (argument == "--") break;
    if (argument != "--help" && argument != "--version") continue;
    print(argument == "--help" ? help(kConvert) : "verdict-convert " VERDICT_VERSION "\n");
    return 0;
  }
  return run(Arguments(kConvert, arguments));
}

}  // namespace

int main(int argc, char** argv) {
  // The conversion ends by an error at its next tensor, so that its temporary folder goes too.
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  int code = 1;
  try {
    code = dispatch(arguments);
  } catch (const UsageError& error) {
    warn(error.what());
    code = 2;
  } catch (const Error& error) {
    warn(error.what());
  } catch (const std::bad_alloc&) {
    warn("There is not enough memory.");
  } catch (const std::exception& error) {
    warn(concat("Internal error: ", error.what()));
  }
  if (std::fflush(stdout) != 0 && code == 0) {
    warn("The output cannot be written.");
    code = 1;
  }
  return code;
}
