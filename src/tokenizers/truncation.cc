#include "verdict/tokenizers/truncation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

constexpr std::array<std::pair<std::string_view, TruncationStrategy>, 4> kStrategies{{
    {"do_not_truncate", TruncationStrategy::kDoNotTruncate},
    {"longest_first", TruncationStrategy::kLongestFirst},
    {"only_first", TruncationStrategy::kOnlyFirst},
    {"only_second", TruncationStrategy::kOnlySecond},
}};

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

/// Keeps a window of `length` tokens and moves the other windows to `overflowing`.
void cut(Encoding& encoding, std::int64_t length, const Truncation& truncation) {
  const auto size = static_cast<std::int64_t>(encoding.size());
  if (length >= size) return;
  if (length <= 0) {
    Encoding empty;
    empty.overflowing.push_back(std::move(encoding));
    encoding = std::move(empty);
    return;
  }
  const std::int64_t step = length - truncation.stride;
  if (step <= 0) {
    invalid(concat("The stride ", truncation.stride, " leaves no room in windows of ", length,
                   " tokens; it must be smaller."));
  }
  std::vector<Encoding> windows;
  const auto add = [&](std::int64_t first, std::int64_t last) {
    windows.push_back(
        encoding.slice(static_cast<std::size_t>(first), static_cast<std::size_t>(last)));
  };
  if (truncation.side == Side::kRight) {
    for (std::int64_t first = 0;; first += step) {
      add(first, std::min(first + length, size));
      if (first + length >= size) break;
    }
  } else {
    for (std::int64_t last = size;; last -= step) {
      add(std::max<std::int64_t>(last - length, 0), last);
      if (last <= length) break;
    }
  }
  encoding = std::move(windows.front());
  windows.erase(windows.begin());
  encoding.overflowing = std::move(windows);
}

}  // namespace

TruncationStrategy truncation_strategy_from_name(std::string_view name) {
  for (const auto& [known, strategy] : kStrategies) {
    if (known == name) return strategy;
  }
  invalid(concat("The truncation strategy \"", name,
                 "\" is unknown; use longest_first, only_first, only_second or do_not_truncate."));
}

Side side_from_name(std::string_view name) {
  if (name == "right") return Side::kRight;
  if (name == "left") return Side::kLeft;
  invalid(concat("The side \"", name, "\" is unknown; use right or left."));
}

void truncate(Encoding& encoding, Encoding* pair, std::int64_t special,
              const Truncation& truncation) {
  if (truncation.strategy == TruncationStrategy::kDoNotTruncate) return;
  if (truncation.max_length < 0 || truncation.stride < 0) {
    invalid(concat("max_length ", truncation.max_length, " and stride ", truncation.stride,
                   " must not be negative."));
  }
  const auto first = static_cast<std::int64_t>(encoding.size());
  const auto second = pair == nullptr ? 0 : static_cast<std::int64_t>(pair->size());
  const std::int64_t room = truncation.max_length - special;
  if (room < 0) return;  // as the reference does: not even the special tokens would fit
  const std::int64_t excess = first + second - room;
  if (room > 0 && excess <= 0) return;
  if (room == 0) {
    cut(encoding, 0, truncation);
    if (pair != nullptr) cut(*pair, 0, truncation);
    return;
  }
  if (truncation.strategy == TruncationStrategy::kLongestFirst) {
    if (pair == nullptr) return cut(encoding, room, truncation);
    std::int64_t shorter = std::min(first, second);
    std::int64_t longer = shorter > room ? shorter : std::max(shorter, room - shorter);
    if (shorter + longer > room) {
      shorter = room / 2;
      longer = shorter + room % 2;
    }
    cut(encoding, first > second ? longer : shorter, truncation);
    cut(*pair, first > second ? shorter : longer, truncation);
    return;
  }
  const bool only_first = truncation.strategy == TruncationStrategy::kOnlyFirst;
  Encoding* target = only_first ? &encoding : pair;
  if (target == nullptr) {
    invalid("The truncation strategy only_second needs a pair of texts.");
  }
  const std::int64_t left = static_cast<std::int64_t>(target->size()) - excess;
  if (left <= 0) {
    invalid(concat("The ", only_first ? "first" : "second", " text has ", target->size(),
                   " tokens, but ", excess, " would have to be cut to reach max_length ",
                   truncation.max_length, ". Use the strategy longest_first."));
  }
  cut(*target, left, truncation);
}

}  // namespace verdict
