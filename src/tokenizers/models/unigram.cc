#include "verdict/tokenizers/models/unigram.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json_scanner.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/operations.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

/// How much less than the least probable piece an unknown character scores.
constexpr double kUnknownPenalty = 10;

/// The best way to a place in the text.
struct Place {
  double score = 0;
  std::uint32_t from = kUnreached;  // where the last token begins
  std::int32_t id = 0;              // of the last token

  static constexpr std::uint32_t kUnreached = std::numeric_limits<std::uint32_t>::max();
};

/// Places from one that every way passes to the next such: a word of most texts, for which the
/// room on the stack is enough.
class Lattice {
 public:
  Place& operator[](std::size_t at) {
    const std::size_t i = at - first_;
    if (i >= places_.size()) grow(i + 1);
    return places_[i];
  }

  /// All ways pass `at`, with this score.
  void restart(std::size_t at, double score) {
    std::fill_n(places_.begin(), std::min(at - first_ + 1, places_.size()), Place{});
    first_ = at;
    places_[0].score = score;
  }
  std::size_t first() const { return first_; }

 private:
  void grow(std::size_t size) {
    std::vector<Place> larger(std::max(size, 4 * places_.size()));
    std::ranges::copy(places_, larger.begin());
    large_ = std::move(larger);
    places_ = large_;
  }

  std::array<Place, 64> small_{};
  std::vector<Place> large_;
  std::span<Place> places_ = small_;
  std::size_t first_ = 0;
};

double power_of_ten(int exponent) {
  // Up to here every step is exact.
  constexpr int kExact = 22;
  double power = 1;
  if (exponent > kExact) return std::strtod(concat("1e", exponent).c_str(), nullptr);
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// A score as the reference reads it: its JSON parser rounds the decimal's digits before it scales
/// them, which long texts notice where two ways are equally good.
double read_score(std::string_view number) {
  std::uint64_t digits = 0;
  int exponent = 0;
  bool is_fraction = false;
  bool is_full = false;  // further digits count no more
  std::size_t at = 0;
  for (; at < number.size() && number[at] != 'e' && number[at] != 'E'; ++at) {
    if (number[at] == '.') is_fraction = true;
    if (number[at] < '0' || number[at] > '9') continue;
    const auto digit = static_cast<std::uint64_t>(number[at] - '0');
    is_full = is_full || digits > (UINT64_MAX - digit) / 10;
    if (!is_full) digits = digits * 10 + digit;
    exponent += static_cast<int>(is_full) - static_cast<int>(is_fraction);
  }
  if (at < number.size()) {
    constexpr long kBeyondDoubles = 100000;
    const long shift = std::strtol(std::string(number.substr(at + 1)).c_str(), nullptr, 10);
    exponent += static_cast<int>(std::clamp(shift, -kBeyondDoubles, kBeyondDoubles));
  }
  auto score = static_cast<double>(digits);
  if (exponent != 0) {
    const double scale = power_of_ten(std::abs(exponent));
    score = exponent < 0 ? score / scale : score * scale;
  }
  return number[0] == '-' ? -score : score;
}

std::size_t code_point_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

}  // namespace

Unigram::Unigram(Vocabulary vocabulary, std::vector<double> scores,
                 std::optional<std::int32_t> unk_id, bool byte_fallback)
    : vocabulary_(std::move(vocabulary)),
      scores_(std::move(scores)),
      unk_id_(unk_id),
      trie_(vocabulary_) {
  if (unk_id && (*unk_id < 0 || static_cast<std::size_t>(*unk_id) >= scores_.size())) {
    corrupt("model", concat("its \"unk_id\" is ", *unk_id, ", but its vocabulary has ",
                            scores_.size(), " pieces"));
  }
  if (!std::ranges::all_of(scores_, [](double score) { return std::isfinite(score); })) {
    corrupt("model", "a score of its vocabulary is not finite");
  }
  if (!scores_.empty()) unk_score_ = *std::ranges::min_element(scores_) - kUnknownPenalty;
  if (byte_fallback) byte_ids_ = vocabulary_.byte_fallback_ids();
}

void Unigram::append_unknown(std::string_view piece, TextRange range,
                             std::vector<ModelToken>& out) const {
  const std::string_view text = range.of(piece);
  // The reference looks up the whole run once more.
  if (const auto id = vocabulary_.find(text)) {
    out.push_back({*id, range});
    return;
  }
  if (byte_ids_) {
    const auto id_of = [&](char byte) { return (*byte_ids_)[static_cast<unsigned char>(byte)]; };
    if (std::ranges::all_of(text, [&](char byte) { return id_of(byte) >= 0; })) {
      for (const char byte : text) out.push_back({id_of(byte), range});
      return;
    }
  }
  out.push_back({*unk_id_, range});
}

void Unigram::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  Lattice lattice;
  TextRange unknown;  // a run that may still grow
  const auto flush_unknown = [&] {
    if (unknown.size() > 0) append_unknown(piece, unknown, out);
    unknown = {};
  };
  // The tokens of the best way to `end`, a place that all ways pass.
  const auto append_until = [&](std::size_t end) {
    std::size_t at = end;
    std::size_t next = end;
    while (at > lattice.first()) {  // turns the links round
      const std::size_t from = lattice[at].from;
      lattice[at].from = static_cast<std::uint32_t>(next);
      next = at;
      at = from;
    }
    while (at < end) {
      const Place& place = lattice[next];
      const TextRange range{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(next)};
      if (place.id == unk_id_) {
        unknown = unknown.size() > 0 ? TextRange{unknown.first, range.last} : range;
      } else {
        flush_unknown();
        out.push_back({place.id, range});
      }
      at = next;
      next = place.from;
    }
  };

  std::size_t reach = 0;  // the furthest place reached
  for (std::size_t at = 0; at < piece.size();) {
    const double score = lattice[at].score;
    if (at == reach && at > 0) {
      append_until(at);
      lattice.restart(at, score);
    }
    const auto offer = [&](std::size_t end, double candidate, std::int32_t id) {
      Place& place = lattice[end];
      if (place.from == Place::kUnreached || candidate > place.score) {
        place = {candidate, static_cast<std::uint32_t>(at), id};
      }
      reach = std::max(reach, end);
    };
    const std::size_t one = code_point_size(piece[at]);
    bool has_one = false;
    operations += 1 + trie_.find_prefixes(piece.substr(at), [&](std::size_t size, std::int32_t id) {
      offer(at + size, scores_[static_cast<std::size_t>(id)] + score, id);
      has_one = has_one || size == one;
    });
    if (!has_one) {
      const double candidate = unk_score_ + score;
      if (!unk_id_) {
        const Place& place = lattice[at + one];
        if (place.from == Place::kUnreached || candidate > place.score) {
          throw Error(ErrorCode::kInvalidArgument,
                      concat("The character \"", piece.substr(at, one),
                             "\" is not in the tokenizer's vocabulary, which has no unknown "
                             "token. Use a text without it."));
        }
      }
      offer(at + one, candidate, unk_id_.value_or(-1));
    }
    at += one;
  }
  append_until(piece.size());
  flush_unknown();
}

std::unique_ptr<TokenizerModel> make_unigram(const ModelComponent& model) {
  const json& component = model.fields();
  JsonScanner scanner(model.vocab());
  if (scanner.peek() != '[') corrupt("model", "it has no list \"vocab\"");
  Vocabulary vocabulary;
  std::vector<double> scores;
  std::string room;
  const auto require = [](bool holds) {
    if (!holds) corrupt("model", "an item of its vocabulary is no [piece, score]");
  };
  scanner.array([&] {
    require(scanner.take('[') && scanner.peek() == '"');
    vocabulary.add(scanner.string(room), static_cast<std::int64_t>(scores.size()));
    require(scanner.take(','));
    if (scanner.at_number()) {
      scores.push_back(read_score(scanner.number()));
    } else {
      // Trees write null for a number that is not finite.
      require(scanner.value() == "null");
      scores.push_back(std::numeric_limits<double>::quiet_NaN());
    }
    require(scanner.take(']'));
  });
  std::optional<std::int32_t> unk_id;
  if (component.contains("unk_id") && !component["unk_id"].is_null()) {
    const std::int64_t id = get_integer(component, "unk_id", 0);
    if (id < 0 || id >= static_cast<std::int64_t>(scores.size())) {
      corrupt("model", concat("its \"unk_id\" is ", id, ", but its vocabulary has ", scores.size(),
                              " pieces"));
    }
    unk_id = static_cast<std::int32_t>(id);
  }
  return std::make_unique<Unigram>(std::move(vocabulary), std::move(scores), unk_id,
                                   get_bool(component, "byte_fallback", false));
}

}  // namespace verdict
