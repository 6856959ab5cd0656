#pragma once

#include <string>

namespace verdict {

/// The clean-up of the decoders WordPiece and CTC, which has one rule more than
/// `clean_up_tokenization`.
void clean_up_token(std::string& token);

}  // namespace verdict
