#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace verdict {

/// What the reference's config class of a model type assumes for attributes that a file lacks,
/// under canonical names; an empty object for a type without a table.
nlohmann::json default_config(std::string_view model_type);

/// The longest known model type that is a part of a folder's or a model's name; empty: none. How
/// old releases of the reference understood files without `model_type`.
std::string model_type_in(std::string_view name);

}  // namespace verdict
