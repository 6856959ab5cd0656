#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "verdict/tokenizers/pretrained_tokenizer.h"

namespace verdict::cli {

/// Calls `take` for every line of standard input, without its line end, and `pause` where the next
/// one may have to be waited for. Where standard error is a terminal, and input and output are
/// none, it shows the number of lines so far.
void for_each_line(
    const std::function<void(const std::string& line)>& take,
    const std::function<void()>& pause = [] {});

/// A JSON string, or an object with `text` and perhaps `text_pair`. Throws `kInvalidArgument` for
/// anything else.
TextInput parse_json_input(const std::string& line);

}  // namespace verdict::cli
