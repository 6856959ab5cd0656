#pragma once

#include <map>
#include <string>
#include <string_view>

namespace verdict::convert {

/// The full names of variables by their keys, of a serialized `TrackableObjectGraph`; `name` stands
/// in messages. Throws `kCorruptFile`.
std::map<std::string, std::string, std::less<>> read_object_graph(std::string_view message,
                                                                  std::string_view name);

}  // namespace verdict::convert
