#include "verdict/hub/names.h"

#include <algorithm>

#include "verdict/base/error.h"
#include "verdict/base/sha256.h"
#include "verdict/base/strings.h"
#include "verdict/hub/hub.h"

namespace verdict {

namespace {

constexpr std::size_t kLongestName = 96;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_word(char c) { return is_alphanumeric(c) || c == '_'; }

bool is_name_part(std::string_view part) {
  return !part.empty() && is_word(part.front()) && is_word(part.back()) &&
         std::all_of(part.begin(), part.end(),
                     [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool is_url(std::string_view text) {
  return starts_with(text, "http://") || starts_with(text, "https://");
}

std::string repo_id_fault(std::string_view name) {
  const std::size_t slash = name.find('/');
  const std::string_view last = slash == std::string_view::npos ? name : name.substr(slash + 1);
  if (last.find('/') != std::string_view::npos) return "it has more than one \"/\"";
  if (!is_name_part(last) ||
      (slash != std::string_view::npos && !is_name_part(name.substr(0, slash))))
    return "it may hold letters, digits, \"-\", \"_\" and \".\" and must begin and end with a "
           "letter or digit";
  if (last.size() > kLongestName) return concat("it is longer than ", kLongestName, " characters");
  if (name.find("--") != std::string_view::npos || name.find("..") != std::string_view::npos)
    return "it holds \"--\" or \"..\"";
  if (ends_with(name, ".git")) return "it ends in \".git\"";
  return "";
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return c == '/' || c == '\\' || is_control(c); });
}

void check_relative_path(std::string_view what, std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!is_plain_name(path.substr(begin, end - begin))) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("The ", what, " \"", path,
                         "\" is refused: a relative path without empty, \".\" and \"..\" "
                         "components, backslashes and control characters is needed."));
    }
    begin = end + 1;
  }
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin));
}

std::string folder_url(std::string_view url) {
  const std::string_view origin = url_origin(url);
  const std::string_view host = origin.substr(std::min(origin.find("://") + 3, origin.size()));
  if (host.empty() || host.find('@') != std::string_view::npos ||
      url.find_first_of("?#\\ ") != std::string_view::npos ||
      std::any_of(url.begin(), url.end(), is_control)) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("\"", url,
                       "\" is refused: the URL of a folder is needed, without user name, query, "
                       "fragment and spaces. Pass a token by the option \"token\"."));
  }
  while (ends_with(url, "/")) url.remove_suffix(1);
  return std::string(url);
}

std::string percent_encoded(std::string_view text, std::string_view safe) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_word(c) || c == '-' || c == '.' || c == '~' || safe.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string_view url_origin(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return url;
  return url.substr(0, url.find_first_of("/?#", host + 3));
}

std::string short_hash(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.digest().substr(0, 40);
}

}  // namespace verdict
