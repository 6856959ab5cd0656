#include "verdict/cli/line_input.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"

namespace verdict::cli {

void for_each_line(const std::function<void(const std::string& line)>& take,
                   const std::function<void()>& pause) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kInterval{200};
  std::ios::sync_with_stdio(false);
  // Lines that the terminal shows itself, typed or printed, are progress enough.
  const bool shows_progress =
      isatty(STDERR_FILENO) != 0 && isatty(STDIN_FILENO) == 0 && isatty(STDOUT_FILENO) == 0;
  auto next = Clock::now() + kInterval;
  std::int64_t count = 0;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (ends_with(line, "\r")) line.pop_back();
    take(line);
    ++count;
    if (std::cin.rdbuf()->in_avail() <= 0) pause();
    if (shows_progress && Clock::now() >= next) {
      std::fprintf(stderr, "\r%lld texts", static_cast<long long>(count));
      next = Clock::now() + kInterval;
    }
  }
  if (shows_progress) std::fprintf(stderr, "\r%lld texts\n", static_cast<long long>(count));
}

TextInput parse_json_input(const std::string& line) {
  using nlohmann::json;
  if (const auto place = find_invalid_utf8(line)) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The line is not valid UTF-8 (byte ", *place, ")."));
  }
  const json value = try_parse_json(line).value_or(json());
  if (value.is_string()) return {value.get<std::string>(), std::nullopt};
  const auto is_text = [&](const char* key) {
    return value.contains(key) && value[key].is_string();
  };
  const bool has_pair = value.is_object() && value.contains("text_pair");
  const std::size_t fields = has_pair ? 2 : 1;
  if (!value.is_object() || !is_text("text") || (has_pair && !is_text("text_pair")) ||
      value.size() != fields) {
    throw Error(ErrorCode::kInvalidArgument,
                "The line is no JSON string and no {\"text\": …, \"text_pair\": …}.");
  }
  TextInput input{value["text"], std::nullopt};
  if (has_pair) input.text_pair = value["text_pair"];
  return input;
}

}  // namespace verdict::cli
