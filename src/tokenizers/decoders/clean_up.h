#pragma once

#include <string>
#include <string_view>

namespace verdict {

/// Every `from` becomes `to`.
void replace_all(std::string& text, std::string_view from, std::string_view to);

/// The clean-up of the decoders WordPiece and CTC, which has one rule more than
/// `clean_up_tokenization`.
void clean_up_token(std::string& token);

}  // namespace verdict
