#include "verdict_convert/formats/object_graph.h"

#include "verdict/base/protobuf.h"

namespace verdict::convert {

namespace {

using Field = ProtobufReader::Field;

/// Calls `take(bytes)` for each message in field `number`.
template <typename Take>
void each_message(std::string_view message, std::string_view name, std::uint32_t number,
                  const Take& take) {
  ProtobufReader reader(message, name);
  for (Field field; reader.next(field);) {
    if (field.number == number && field.type == ProtobufReader::WireType::kBytes) take(field.bytes);
  }
}

}  // namespace

std::map<std::string, std::string, std::less<>> read_object_graph(std::string_view message,
                                                                  std::string_view name) {
  constexpr std::uint32_t kNodes = 1, kAttributes = 2;
  constexpr std::uint32_t kFullName = 2, kCheckpointKey = 3;
  std::map<std::string, std::string, std::less<>> names;
  each_message(message, name, kNodes, [&](std::string_view node) {
    each_message(node, name, kAttributes, [&](std::string_view attribute) {
      std::string_view full_name, key;
      ProtobufReader reader(attribute, name);
      for (Field field; reader.next(field);) {
        if (field.number == kFullName) full_name = field.bytes;
        if (field.number == kCheckpointKey) key = field.bytes;
      }
      names.emplace(key, full_name);
    });
  });
  return names;
}

}  // namespace verdict::convert
