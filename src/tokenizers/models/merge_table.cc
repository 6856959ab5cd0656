#include "verdict/tokenizers/models/merge_table.h"

#include <algorithm>
#include <string>
#include <utility>

#include "verdict/base/json_scanner.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

using tokenizer_json::corrupt;

void for_each_merge(std::string_view list,
                    const std::function<void(std::string_view, std::string_view)>& add) {
  JsonScanner scanner(list);
  if (scanner.peek() != '[') corrupt("model", "it has no list \"merges\"");
  std::string left_room;
  std::string right_room;
  const auto refuse = [] { corrupt("model", "a merge is neither \"a b\" nor [\"a\", \"b\"]"); };
  const auto pair = [&] {
    std::array<std::string_view, 2> tokens;
    std::size_t count = 0;
    scanner.array([&] {
      if (count == tokens.size() || scanner.peek() != '"') refuse();
      tokens[count] = scanner.string(count == 0 ? left_room : right_room);
      ++count;
    });
    if (count != tokens.size()) refuse();
    add(tokens[0], tokens[1]);
  };
  const auto words = [&] {
    const std::string_view text = scanner.string(left_room);
    if (starts_with(text, "#version")) return;
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) {
      corrupt("model", concat("its merge \"", text, "\" is not two tokens"));
    }
    add(text.substr(0, space), text.substr(space + 1));
  };
  scanner.array([&] {
    const char first = scanner.peek();
    if (first == '"') return words();
    if (first != '[') refuse();
    pair();
  });
}

std::size_t most_merges(std::string_view list) {
  const auto quotes = static_cast<std::size_t>(std::ranges::count(list, '"'));
  const std::size_t first = list.find_first_not_of("[ \t\r\n");
  // A list that has both kinds makes the table grow.
  return quotes / (list.substr(0, first).find('[', 1) == std::string_view::npos ? 2 : 4);
}

MergeTable::MergeTable(std::size_t size) { resize(size); }

void MergeTable::resize(std::size_t most) {
  std::vector<Slot> old(most + most / 2 + 16);
  old.swap(slots_);
  count_ = 0;
  for (const Slot& slot : old) {
    if (slot.pair == kEmpty) continue;
    add(static_cast<std::int32_t>(slot.pair >> 32), static_cast<std::int32_t>(slot.pair),
        slot.merge);
  }
}

void MergeTable::add(std::int32_t left, std::int32_t right, Merge merge) {
  if (4 * (count_ + 1) > 3 * slots_.size()) resize(slots_.size());
  const std::uint64_t pair = key(left, right);
  std::size_t i = slot(pair);
  while (slots_[i].pair != kEmpty && slots_[i].pair != pair) {
    if (++i == slots_.size()) i = 0;
  }
  count_ += slots_[i].pair == kEmpty;
  slots_[i] = {pair, merge};
}

}  // namespace verdict
