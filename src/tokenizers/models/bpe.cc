#include "verdict/tokenizers/models/bpe.h"

#include <algorithm>
#include <bit>
#include <queue>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/byte_level.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/operations.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

/// Up to so many symbols the pair to merge is searched for; more have a queue.
constexpr std::size_t kShort = 64;

/// A merge that may be done; when its symbols have changed since, it is skipped.
struct Candidate {
  Merge merge;
  std::uint32_t left;

  /// The earliest merge, and of equals the leftmost, comes first.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.merge.rank != b.merge.rank ? a.merge.rank > b.merge.rank : a.left > b.left;
  }
};

}  // namespace

Bpe::Bpe(Vocabulary vocabulary, std::string_view merges, const BpeOptions& options)
    : vocabulary_(std::move(vocabulary)), merges_(most_merges(merges)), options_(options) {
  const auto id_of = [&](const Vocabulary::Hash& hash, std::string_view left,
                         std::string_view right) {
    const std::int32_t id = vocabulary_.find(hash.value(), left, right);
    if (id >= 0) return id;
    corrupt("model", concat("a merge names \"", left, right, "\", which the vocabulary lacks"));
  };
  const std::size_t prefix = options_.continuing_subword_prefix.size();
  std::uint32_t rank = 0;
  for_each_merge(merges, [&](std::string_view left, std::string_view right) {
    Vocabulary::Hash hash;
    hash.add(left);
    const std::int32_t left_id = id_of(hash, left, {});
    Vocabulary::Hash right_hash;
    right_hash.add(right);
    const std::int32_t right_id = id_of(right_hash, right, {});
    if (right.size() < prefix) corrupt("model", concat("a merge names \"", right, "\""));
    const std::string_view rest = right.substr(prefix);
    hash.add(rest);
    merges_.add(left_id, right_id, {rank++, id_of(hash, left, rest)});
  });
  if (options_.unk_token) unk_id_ = vocabulary_.find(*options_.unk_token);
  fallback_ids_ = vocabulary_.byte_fallback_ids();
  for (std::size_t byte = 0; byte < 256; ++byte) {
    byte_level_ids_[byte] = vocabulary_.find(byte_level::kCharacters[byte]).value_or(-1);
  }
  reads_bytes_ = prefix == 0 && options_.end_of_word_suffix.empty() &&
                 std::ranges::find(byte_level_ids_, -1) == byte_level_ids_.end();
}

std::int32_t Bpe::unknown() const {
  if (!unk_id_) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The text has a character that the tokenizer does not know, and its "
                       "vocabulary lacks the unk_token \"",
                       *options_.unk_token, "\"."));
  }
  return *unk_id_;
}

template <typename Add>
void Bpe::characters(std::string_view piece, const Add& add) const {
  const bool affixes =
      !options_.continuing_subword_prefix.empty() || !options_.end_of_word_suffix.empty();
  std::string with_affixes;
  std::uint32_t unknown_size = 0;
  const auto add_unknown = [&] {
    if (unknown_size > 0) add({unknown(), std::exchange(unknown_size, 0)});
  };
  std::size_t at = 0;
  while (at < piece.size()) {
    const std::size_t first = at;
    next_code_point(piece, at);
    std::string_view text = piece.substr(first, at - first);
    const auto size = static_cast<std::uint32_t>(text.size());
    if (affixes) {
      with_affixes = concat(first == 0 ? "" : options_.continuing_subword_prefix, text,
                            at < piece.size() ? "" : options_.end_of_word_suffix);
      text = with_affixes;
    }
    if (const auto id = vocabulary_.find(text)) {
      add_unknown();
      add({*id, size});
      continue;
    }
    const auto fallback = [&](char byte) {
      return fallback_ids_[static_cast<unsigned char>(byte)];
    };
    if (options_.byte_fallback &&
        std::ranges::none_of(text, [&](char byte) { return fallback(byte) < 0; })) {
      // As in the reference, an unknown token that is due comes later.
      for (const char byte : text) add({fallback(byte), 1});
      continue;
    }
    if (!options_.unk_token) continue;
    if (!options_.fuse_unk) add_unknown();
    unknown();
    unknown_size += size;
  }
  add_unknown();
}

template <typename ReadSymbols>
void Bpe::merge(std::size_t most, const ReadSymbols& read, std::vector<ModelToken>& out) const {
  const auto emit = [&](const Symbol* symbols, std::size_t count) {
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back({symbols[i].id, {at, at + symbols[i].size}});
      at += symbols[i].size;
    }
  };
  if (most <= kShort) {
    Symbol symbols[kShort];
    std::size_t count = 0;
    read([&](Symbol symbol) { symbols[count++] = symbol; });
    emit(symbols, merge_short(symbols, count));
    return;
  }
  std::vector<Symbol> symbols;
  symbols.reserve(most);
  read([&](Symbol symbol) { symbols.push_back(symbol); });
  emit(symbols.data(), merge_long(symbols));
}

std::size_t Bpe::merge_short(Symbol* symbols, std::size_t count) const {
  Merge merges[kShort];  // of symbols i and i + 1
  operations += count;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    merges[i] = merges_.find(symbols[i].id, symbols[i + 1].id);
  }
  while (count > 1) {
    std::size_t best = 0;
    operations += count;  // of the search
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (merges[i].rank < merges[best].rank) best = i;
    }
    if (merges[best].id < 0) break;
    symbols[best] = {merges[best].id, symbols[best].size + symbols[best + 1].size};
    std::copy(symbols + best + 2, symbols + count, symbols + best + 1);
    if (best + 2 < count) std::copy(merges + best + 2, merges + count - 1, merges + best + 1);
    --count;
    if (best + 1 < count) merges[best] = merges_.find(symbols[best].id, symbols[best + 1].id);
    if (best > 0) merges[best - 1] = merges_.find(symbols[best - 1].id, symbols[best].id);
  }
  return count;
}

std::size_t Bpe::merge_long(std::vector<Symbol>& symbols) const {
  const auto count = static_cast<std::uint32_t>(symbols.size());
  operations += count;
  std::vector<std::uint32_t> previous(count);
  std::vector<std::uint32_t> next(count);
  std::priority_queue<Candidate> queue;
  // A push or pop walks through the levels of the heap.
  const auto levels = [&] { return static_cast<std::uint64_t>(std::bit_width(queue.size())); };
  const auto add = [&](std::uint32_t left, std::uint32_t right) {
    const Merge merge = merges_.find(symbols[left].id, symbols[right].id);
    operations += 1 + levels();
    if (merge.id >= 0) queue.push({merge, left});
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    previous[i] = i - 1;  // of the first: above every index
    next[i] = i + 1;
    if (i + 1 < count) add(i, i + 1);
  }
  while (!queue.empty()) {
    const auto [merge, left] = queue.top();
    operations += levels();
    queue.pop();
    const std::uint32_t right = next[left];
    if (symbols[left].size == 0 || right >= count) continue;
    if (merges_.find(symbols[left].id, symbols[right].id).id != merge.id) continue;
    symbols[left] = {merge.id, symbols[left].size + symbols[right].size};
    symbols[right].size = 0;
    next[left] = next[right];
    if (next[left] < count) {
      previous[next[left]] = left;
      add(left, next[left]);
    }
    if (previous[left] < count) add(previous[left], left);
  }
  std::erase_if(symbols, [](const Symbol& symbol) { return symbol.size == 0; });
  return symbols.size();
}

void Bpe::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  if (options_.ignore_merges) {
    if (const auto id = vocabulary_.find(piece)) {
      out.push_back({*id, {0, static_cast<std::uint32_t>(piece.size())}});
      return;
    }
  }
  // With affixes, a character may become more tokens than it has bytes.
  const std::size_t most = piece.size() * (1 + options_.continuing_subword_prefix.size()) +
                           options_.end_of_word_suffix.size();
  merge(
      most, [&](const auto& add) { characters(piece, add); }, out);
}

void Bpe::tokenize_bytes(std::string_view piece, std::vector<ModelToken>& out) const {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(piece[i]); };
  if (options_.ignore_merges && piece.size() <= vocabulary_.longest()) {
    std::string characters;
    for (std::size_t i = 0; i < piece.size(); ++i) characters += byte_level::kCharacters[byte(i)];
    if (const auto id = vocabulary_.find(characters)) {
      out.push_back({*id, {0, static_cast<std::uint32_t>(piece.size())}});
      return;
    }
  }
  merge(
      piece.size(),
      [&](const auto& add) {
        for (std::size_t i = 0; i < piece.size(); ++i) add({byte_level_ids_[byte(i)], 1});
      },
      out);
}

std::unique_ptr<TokenizerModel> make_bpe(const ModelComponent& model) {
  const json& component = model.fields();
  BpeOptions options;
  if (component.contains("unk_token") && !component["unk_token"].is_null()) {
    options.unk_token = get_string(component, "unk_token", "");
  }
  options.continuing_subword_prefix = get_string(component, "continuing_subword_prefix", "");
  options.end_of_word_suffix = get_string(component, "end_of_word_suffix", "");
  options.fuse_unk = get_bool(component, "fuse_unk", false);
  options.byte_fallback = get_bool(component, "byte_fallback", false);
  options.ignore_merges = get_bool(component, "ignore_merges", false);
  const auto dropout = component.find("dropout");
  if (dropout != component.end() && !dropout->is_null() &&
      !(dropout->is_number() && dropout->get<double>() == 0)) {
    throw Error(ErrorCode::kUnsupported,
                "The tokenizer's model has a dropout, which makes it random; set it to null.");
  }
  return std::make_unique<Bpe>(read_vocabulary(model.vocab()), model.merges(), options);
}

}  // namespace verdict
