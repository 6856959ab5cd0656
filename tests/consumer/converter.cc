// converter FOLDER: loads a folder with TensorFlow's weights; prints the class, or why it cannot.
#include <cstdio>

#include "verdict/auto/auto_model.h"
#include "verdict/base/error.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    verdict::FromPretrainedOptions options;
    options.from_tf = true;
    const auto model =
        verdict::AutoModelForSequenceClassification::from_pretrained(argv[1], options);
    std::printf("%s\n", model->class_name().c_str());
  } catch (const verdict::Error& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
