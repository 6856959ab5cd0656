#pragma once

#include <string>
#include <string_view>

// The one place that knows how config files spell what the architectures read under canonical
// names.
namespace verdict {

/// The canonical name of an attribute of a model type, for example hidden_size for DistilBERT's
/// "dim".
std::string canonical_name(std::string_view model_type, std::string_view file_name);

/// The name under which the reference reads a canonical attribute.
std::string file_name(std::string_view model_type, std::string_view canonical_name);

/// Whether the attribute describes labels: id2label, label2id or num_labels.
bool is_label_attribute(std::string_view file_name);

}  // namespace verdict
