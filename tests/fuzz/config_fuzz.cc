// A config.json, and the graph that it declares.
#include "fuzz.h"
#include "verdict/base/json.h"
#include "verdict/config/config.h"
#include "verdict/models/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  fuzz::expect_answer([&] {
    const auto json = parse_json(fuzz::as_text({data, size}), "config.json");
    const auto config = PretrainedConfig::from_json(json, "config.json");
    config.to_json();
    const ModelType& type = model_type(config.model_type());
    max_length(type, config);
    build_graph(type, config);
  });
  return 0;
}
