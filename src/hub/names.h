#pragma once

#include <string>
#include <string_view>

namespace verdict {

/// Why a text is no model name of a hub, as part of a sentence ("it …"); empty when it is one. The
/// rules are huggingface_hub's: `name` or `namespace/name`, ASCII letters, digits, '-', '_', '.'.
std::string repo_id_fault(std::string_view name);

/// Refuses paths that could leave their folder: absolute ones, empty, "." and ".." components,
/// backslashes and control characters. `what` names it in messages. Throws `kInvalidArgument`.
void check_relative_path(std::string_view what, std::string_view path);

/// Whether the text can be a single file's name: it has no "/" and could not leave its folder.
bool is_plain_name(std::string_view name);

/// The text without spaces and line ends around it.
std::string trimmed(std::string_view text);

/// Refuses URLs with user names, queries or fragments; gives it without trailing slashes.
/// Throws `kInvalidArgument`.
std::string folder_url(std::string_view url);

/// Percent-encodes all but unreserved characters and those in `safe`.
std::string percent_encoded(std::string_view text, std::string_view safe = "");

/// "https://host:port" of a URL.
std::string_view url_origin(std::string_view url);

/// The first 40 hexadecimal digits of the text's SHA-256: as long as a commit, so that it can stand
/// for one.
std::string short_hash(std::string_view text);

}  // namespace verdict
