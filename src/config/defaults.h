#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace verdict {

/// What the reference's config class of a model type assumes for attributes that a file lacks,
/// under canonical names; an empty object for a type without a table.
nlohmann::json default_config(std::string_view model_type);

}  // namespace verdict
