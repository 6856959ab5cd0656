// consumer MODEL TEXT: prints the best label of a text.
#include <cstdio>
#include <span>

#include "verdict/auto/auto_model.h"
#include "verdict/auto/classes.h"
#include "verdict/auto/save_pretrained.h"
#include "verdict/base/error.h"
#include "verdict/pipeline/text_classification.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const verdict::TextClassificationPipeline pipeline(
        verdict::BertForSequenceClassification::from_pretrained(argv[1]),
        verdict::AutoTokenizer::from_pretrained(argv[1]));
    const verdict::TextInput input{argv[2], std::nullopt};
    const auto labels = pipeline(std::span(&input, 1)).front();
    std::printf("%s %.4f\n", labels.front().label.c_str(), double{labels.front().score});
  } catch (const verdict::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
