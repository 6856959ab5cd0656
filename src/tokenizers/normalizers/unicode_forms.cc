#include "verdict/tokenizers/normalizers/unicode_forms.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "verdict/base/utf8.h"
#include "verdict/tokenizers/operations.h"

namespace verdict {

namespace {

/// A code point with its change (see NormalizedText::transform).
struct Item {
  char32_t c;
  std::int32_t change;
  int rank;
};

std::vector<Item> decompose_text(std::string_view text, bool compatibility) {
  std::vector<Item> items;
  items.reserve(text.size());
  std::size_t first_mark = 0;  // where the marks after the last starter begin
  const auto sort_marks = [&] {
    std::stable_sort(items.begin() + static_cast<std::ptrdiff_t>(first_mark), items.end(),
                     [](const Item& a, const Item& b) { return ++operations, a.rank < b.rank; });
  };
  std::size_t at = 0;
  while (at < text.size()) {
    std::int32_t change = 0;
    decompose(next_code_point(text, at), compatibility, [&](char32_t c) {
      const int rank = unicode::combining_rank(c);
      if (rank == 0) sort_marks();
      items.push_back({c, std::exchange(change, 1), rank});
      if (rank == 0) first_mark = items.size();
    });
  }
  sort_marks();
  return items;
}

/// Canonical composition (Unicode 16, D117), in place. Like the reference's, a composite has the
/// changes of its parts, less one.
void compose_items(std::vector<Item>& items) {
  std::size_t size = 0;  // items[0] … items[size - 1] are done
  std::size_t starter = items.size();
  int last_rank = 0;  // of the marks behind the starter that did not compose
  for (const Item item : items) {
    if (starter < items.size() && (last_rank == 0 || last_rank < item.rank)) {
      if (const char32_t composite = unicode::compose(items[starter].c, item.c)) {
        items[starter].c = composite;
        items[starter].change += item.change - 1;
        continue;
      }
    }
    if (item.rank == 0) {
      starter = size;
      last_rank = 0;
    } else if (starter < items.size()) {
      last_rank = item.rank;
    }
    items[size++] = item;
  }
  items.resize(size);
}

}  // namespace

bool UnicodeForm::changes(std::string_view text) const {
  // Whatever is no starter is an accent and may change places.
  std::uint32_t properties = unicode::kAccent;
  properties |= composed_ ? unicode::kChangesInNfc : unicode::kHasDecomposition;
  if (compatibility_) properties |= unicode::kHasCompatibility;
  char32_t previous = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const char32_t c = next_code_point(text, at);
    if (c >= 0x80) {
      if (unicode::has(c, properties)) return true;
      // Between starters only neighbours compose.
      char32_t first = 0;
      decompose(c, false, [&](char32_t d) { first = first == 0 ? d : first; });
      if (composed_ ? unicode::compose(previous, first) != 0 : first != c) return true;
    }
    previous = c;
  }
  return false;
}

void UnicodeForm::normalize(NormalizedText& text) const {
  if (!changes(text.text())) return;
  std::vector<Item> items = decompose_text(text.text(), compatibility_);
  if (composed_) compose_items(items);
  std::string out;
  out.reserve(text.text().size());
  std::vector<std::int32_t> changes;
  for (const Item& item : items) append_code_point(out, item.c);
  if (text.tracks()) {
    changes.reserve(items.size());
    for (const Item& item : items) changes.push_back(item.change);
  }
  text.transform(std::move(out), changes);
}

void StripAccents::normalize(NormalizedText& text) const {
  text.rewrite([](char32_t c, const auto& emit) {
    if (!unicode::has(c, unicode::kAccent)) emit(c);
  });
}

void Lowercase::normalize(NormalizedText& text) const {
  text.rewrite([](char32_t c, const auto& emit) { emit_lowercase(c, emit); });
}

}  // namespace verdict
