#include "verdict/hub/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <optional>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/hub/names.h"

namespace verdict {

namespace {

/// The first variable that is set and not empty.
std::string environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

/// The path with "~" written out; nothing when HOME is needed and not set.
std::optional<std::string> expand_home(const std::string& path) {
  if (path != "~" && !starts_with(path, "~/")) return path;
  const std::string home = environment({"HOME"});
  return home.empty() ? std::nullopt : std::optional(home + path.substr(1));
}

/// A path in the hub's home folder.
std::optional<std::string> in_hub_home(const std::string& name) {
  std::string home = environment({"HF_HOME"});
  if (home.empty()) {
    const std::string caches = environment({"XDG_CACHE_HOME"});
    home = (caches.empty() ? "~/.cache" : caches) + "/huggingface";
  }
  return expand_home(concat(home, "/", name));
}

std::string cache_root(const HubOptions& options) {
  if (!options.cache_dir.empty()) return options.cache_dir;
  const std::string named = environment({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  if (auto root = named.empty() ? in_hub_home("hub") : expand_home(named)) return *root;
  throw Error(
      ErrorCode::kIo,
      "The hub's cache folder is unknown because HOME is not set. Set HF_HOME or the option "
      "cache_dir.");
}

bool is_true(std::string value) {
  std::ranges::transform(value, value.begin(), ascii_lower);
  return value == "1" || value == "on" || value == "yes" || value == "true";
}

std::string implicit_token() {
  if (is_true(environment({"HF_HUB_DISABLE_IMPLICIT_TOKEN"}))) return "";
  if (std::string token = environment({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}); !token.empty())
    return token;
  const std::string named = environment({"HF_TOKEN_PATH"});
  const auto path = named.empty() ? in_hub_home("token") : expand_home(named);
  std::error_code ignored;
  if (!path || !std::filesystem::is_regular_file(*path, ignored)) return "";
  return read_text(*open_file(*path));
}

std::string checked_token(const std::string& text) {
  std::string token = trimmed(text);
  if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    throw Error(ErrorCode::kInvalidArgument,
                "The token holds spaces or characters that are not ASCII; pass it as the hub shows "
                "it.");
  }
  return token;
}

int seconds(const char* name, int fallback) {
  const std::string text = environment({name});
  if (text.empty()) return fallback;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > 86400) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The variable ", name, " is \"", text,
                       "\"; a whole number of seconds from 1 to 86400 is needed."));
  }
  return value;
}

}  // namespace

HubSettings hub_settings(const HubOptions& options) {
  HubSettings settings;
  settings.cache_root = cache_root(options);
  const std::string endpoint = environment({"HF_ENDPOINT"});
  if (!endpoint.empty() && !is_url(endpoint)) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The variable HF_ENDPOINT is \"", endpoint, "\"; a URL is needed."));
  }
  settings.endpoint = folder_url(endpoint.empty() ? "https://huggingface.co" : endpoint);
  settings.offline = options.local_files_only || is_true(environment({"HF_HUB_OFFLINE"})) ||
                     is_true(environment({"TRANSFORMERS_OFFLINE"}));
  settings.token = checked_token(options.token);
  if (!settings.offline) {
    settings.endpoint_token =
        settings.token.empty() ? checked_token(implicit_token()) : settings.token;
  }
  settings.head_timeout = seconds("HF_HUB_ETAG_TIMEOUT", settings.head_timeout);
  settings.stall_timeout = seconds("HF_HUB_DOWNLOAD_TIMEOUT", settings.stall_timeout);
  return settings;
}

}  // namespace verdict
