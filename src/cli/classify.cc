#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/cli/commands.h"
#include "verdict/cli/line_input.h"
#include "verdict/pipeline/text_classification.h"

namespace verdict::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    kFromTf,
    kFromFlax,
    kConfig,
    {"--pairs", "", "texts are pairs: two arguments, or text<TAB>text, each"},
    {"--top-k", "K", "labels a text, best first; 0: all (default 1)"},
    {"--function-to-apply", "F", "softmax, sigmoid, none or default (by the config)"},
    {"--batch-size", "N", "texts computed together at most (default: --batch-tokens decides)"},
    {"--batch-tokens", "N", "tokens computed together at most (default 4096)"},
    {"--max-length", "N", "cut texts at N tokens; without it a longer text is an error"},
    {"--threads", "N", "threads; 0: one a core (default)"},
    {"--dtype", "D", "f32, q8, bf16 (AVX-512) or auto (default): q8 if stored so, else f32"},
    {"--allow-new-head", "", "go on with a head that is not trained"},
    {"--json", "", "one JSON list of {label, score} a text"},
};

/// What was read of one text, or why it could not be.
struct Item {
  TextInput input;
  std::string error;
};

/// Texts that are read before they are classified, so that batches are full.
constexpr std::size_t kWindow = 256;

class Classifier {
 public:
  explicit Classifier(const Arguments& arguments)
      : json_(arguments.has("--json")),
        pairs_(arguments.has("--pairs")),
        pipeline_(make_pipeline(arguments)) {
    options_.top_k = arguments.integer("--top-k", 0).value_or(1);
    options_.batch_size = arguments.integer("--batch-size", 1);
    options_.batch_tokens = arguments.integer("--batch-tokens", 1).value_or(options_.batch_tokens);
    options_.max_length = arguments.integer("--max-length", 1);
    options_.truncation = options_.max_length.has_value();
    options_.function_to_apply =
        arguments.parsed("--function-to-apply", "default", function_to_apply_from_name);
    pipeline_({}, options_);  // no text yet, but the options are checked
  }

  bool pairs() const { return pairs_; }
  bool failed() const { return failed_; }

  void add(Item item) {
    items_.push_back(std::move(item));
    if (items_.size() == kWindow) flush();
  }

  /// Classifies what was added; a text that fails takes no other with it.
  void flush() {
    std::vector<TextInput> inputs;
    for (const Item& item : items_) {
      if (item.error.empty()) inputs.push_back(item.input);
    }
    std::vector<Answer> answers;
    answers.reserve(inputs.size());
    classify(inputs, answers);
    std::size_t next = 0;
    for (const Item& item : items_) {
      if (!item.error.empty()) {
        print_error(item.error);
        continue;
      }
      const Answer& answer = answers[next++];
      answer.error.empty() ? print(item, answer.labels) : print_error(answer.error);
    }
    items_.clear();
  }

 private:
  static TextClassificationPipeline make_pipeline(const Arguments& arguments) {
    const std::string source = model_operand(arguments, true);
    std::shared_ptr<SequenceClassifier> model =
        AutoModelForSequenceClassification::from_pretrained(source, model_options(arguments));
    TextClassificationPipeline pipeline(model, AutoTokenizer::from_pretrained(model_folder(source)),
                                        arguments.has("--allow-new-head"));
    if (const std::string report = model->load_report().to_string(); !report.empty()) warn(report);
    return pipeline;
  }

  struct Answer {
    std::vector<LabelScore> labels;
    std::string error;
  };

  /// Appends an answer for each text. Where one of them fails, halves are tried.
  void classify(std::span<const TextInput> inputs, std::vector<Answer>& answers) const {
    try {
      for (auto& labels : pipeline_(inputs, options_)) answers.push_back({std::move(labels), {}});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidArgument) throw;
      if (inputs.size() > 1) {
        classify(inputs.first(inputs.size() / 2), answers);
        classify(inputs.subspan(inputs.size() / 2), answers);
        return;
      }
      const std::string_view message = error.what();
      constexpr std::string_view kNumber = "Text 1: ";
      answers.push_back(
          {{}, std::string(message.substr(starts_with(message, kNumber) ? kNumber.size() : 0))});
    }
  }

  /// Once: it may be true of every text.
  void report_not_finite() {
    if (std::exchange(reported_, true)) return;
    warn(
        "The model gives NaN or infinity: its weights, or what it computes of a text, are beyond "
        "float32.");
  }

  void print(const Item& item, const std::vector<LabelScore>& labels) {
    nlohmann::json list = nlohmann::json::array();
    std::string line;
    for (const LabelScore& label : labels) {
      list.push_back({{"label", label.label}, {"score", label.score}});
      if (!std::isfinite(label.score)) report_not_finite();
      char score[32] = "nan";  // whose sign means nothing
      if (!std::isnan(label.score))
        std::snprintf(score, sizeof(score), "%.4f", double{label.score});
      line += concat(label.label, "\t", score, "\t");
    }
    if (json_) return write_out(to_text(list) + "\n");
    line += item.input.text;
    if (item.input.text_pair) line += concat("\t", *item.input.text_pair);
    std::ranges::replace(line, '\n', ' ');
    write_out(line + "\n");
  }

  void print_error(std::string_view message) {
    failed_ = true;
    const nlohmann::json error{{"error", message}};
    write_out(json_ ? to_text(error) + "\n" : concat("error\t", message, "\n"));
  }

  bool json_;
  bool pairs_;
  TextClassificationPipeline pipeline_;
  TextClassificationOptions options_;
  std::vector<Item> items_;
  bool failed_ = false;
  bool reported_ = false;
};

/// A line of standard input: JSON where it looks like it, else plain text.
Item read_item(const std::string& line, bool pairs) {
  Item item;
  try {
    const bool is_json =
        starts_with(line, "{") || (starts_with(line, "\"") && ends_with(line, "\""));
    if (is_json) {
      item.input = parse_json_input(line);
    } else if (const std::size_t tab = line.find('\t'); pairs && tab != std::string::npos) {
      item.input = {line.substr(0, tab), line.substr(tab + 1)};
    } else {
      item.input = {line, std::nullopt};
    }
    if (pairs != item.input.text_pair.has_value()) {
      item.error = pairs
                       ? "A pair was expected: text, tab, text, or {\"text\": …, \"text_pair\": …}."
                       : "A single text was expected, but a pair was given; use --pairs.";
    }
  } catch (const Error& error) {
    item.error = error.what();
  }
  return item;
}

}  // namespace

const CommandSpec kClassify{
    "verdict classify", "MODEL [TEXT…] [options]",
    "Classifies texts with the model in the folder MODEL. Without TEXT, reads standard input:\n"
    "one text a line, or JSON lines (\"text\" or {\"text\": …, \"text_pair\": …}).",
    kOptions,
    "Prints one line a text: label, score (more of them with --top-k) and the text, between tabs.\n"
    "A text that fails gives a line with the error, and exit code 1 at the end."};

int classify(const Arguments& arguments) {
  Classifier classifier(arguments);
  const std::vector<std::string> texts(arguments.operands().begin() + 1,
                                       arguments.operands().end());
  if (texts.empty()) {
    for_each_line(
        [&](const std::string& line) { classifier.add(read_item(line, classifier.pairs())); },
        [&] { classifier.flush(); });
  } else if (classifier.pairs()) {
    if (texts.size() % 2 != 0) throw UsageError("--pairs needs an even number of texts.");
    for (std::size_t i = 0; i < texts.size(); i += 2) {
      classifier.add({{texts[i], texts[i + 1]}, {}});
    }
  } else {
    for (const std::string& text : texts) classifier.add({{text, std::nullopt}, {}});
  }
  classifier.flush();
  return classifier.failed() ? 1 : 0;
}

}  // namespace verdict::cli
