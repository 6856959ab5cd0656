#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "verdict/base/byte_source.h"

namespace verdict {

/// The tokenizer.json that the reference's converters make of the legacy files of a folder, whose
/// class is `tokenizer_class` (see `choose_tokenizer_class`). `config` is its tokenizer_config.json
/// over the class's defaults. Throws `kNotFound` when there is no class or its files are missing,
/// `kUnsupported` for a class that has no reader, `kCorruptFile` for files that contradict
/// themselves or the config.
nlohmann::json read_legacy_tokenizer(const FileSet& files, nlohmann::json config,
                                     std::string_view tokenizer_class);

}  // namespace verdict
