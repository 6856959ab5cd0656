#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/legacy/assembly.h"
#include "verdict/tokenizers/legacy/class_readers.h"
#include "verdict/tokenizers/legacy/sentence_piece_model.h"
#include "verdict/tokenizers/special_tokens.h"

namespace verdict::legacy {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

using Piece = SentencePieceModel::Piece;
using PieceType = SentencePieceModel::PieceType;

enum class Normalization { kPlain, kAlbert, kRemBert, kDeberta, kGemma, kLlama };

/// How the classes with a sentencepiece model differ (reference: convert_slow_tokenizer.py).
struct Style {
  std::string_view tokenizer_class;
  Normalization normalization = Normalization::kPlain;
  std::string_view prefix{};  ///< tokens in place of the model's first `replaced` pieces
  std::size_t replaced = 0;
  std::string_view suffix{};  ///< tokens behind the model's pieces
  std::string_view single{};  ///< templates; empty: no post-processor
  std::string_view pair{};
  std::int64_t unk_id = -1;  ///< -1: the model's own
};

constexpr std::string_view kFairseqPrefix = "<s> <pad> </s> <unk>";
constexpr std::string_view kBertSingle = "cls $A sep";
constexpr std::string_view kBertPair = "cls $A sep $B:1 sep:1";
constexpr std::string_view kRobertaPair = "cls $A sep sep $B sep";
constexpr std::string_view kMBartLanguages =
    "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT "
    "lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN";
constexpr std::string_view kMBart50Languages =
    "af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF "
    "pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI";

constexpr std::array kStyles = std::to_array<Style>({
    {"AlbertTokenizer", Normalization::kAlbert, {}, 0, {}, kBertSingle, kBertPair},
    {"BarthezTokenizer", Normalization::kPlain, {}, 0, {}, kBertSingle, kRobertaPair, 3},
    {"BertGenerationTokenizer"},
    {"BigBirdTokenizer", Normalization::kPlain, {}, 0, {}, kBertSingle, kBertPair},
    {"CamembertTokenizer", Normalization::kPlain, "<s>NOTUSED <pad> </s>NOTUSED <unk> <unk>NOTUSED",
     1, "<mask>", kBertSingle, kRobertaPair, 3},
    {"CodeLlamaTokenizer", Normalization::kLlama, {}, 0, {}, {}, {}, 0},
    {"DebertaV2Tokenizer", Normalization::kDeberta, {}, 0, {}, kBertSingle, kBertPair},
    {"FNetTokenizer", Normalization::kAlbert, {}, 0, {}, kBertSingle, kBertPair},
    {"GemmaTokenizer", Normalization::kGemma, "<pad> <eos> <bos>", 3, {}, {}, {}, 3},
    {"LlamaTokenizer", Normalization::kLlama, {}, 0, {}, {}, {}, 0},
    {"MBart50Tokenizer", Normalization::kPlain, kFairseqPrefix, 3, kMBartLanguages, "en_XX $A eos",
     "en_XX $A $B eos", 3},
    {"MBartTokenizer", Normalization::kPlain, kFairseqPrefix, 3, kMBartLanguages, "$A eos en_XX",
     "$A $B eos en_XX", 3},
    {"NllbTokenizer",
     Normalization::kPlain,
     kFairseqPrefix,
     3,
     {},
     "eng_Latn $A eos",
     "eng_Latn $A $B eos",
     3},
    {"PegasusTokenizer", Normalization::kPlain, {}, 2, {}, "$A eos", "$A $B eos"},
    {"ReformerTokenizer"},
    {"RemBertTokenizer", Normalization::kRemBert, {}, 0, {}, kBertSingle, kBertPair},
    {"SeamlessM4TTokenizer",
     Normalization::kPlain,
     "<pad> <unk> <s> </s>",
     3,
     {},
     "__eng__ $A eos",
     "__eng__ $A $B eos",
     1},
    {"T5Tokenizer", Normalization::kPlain, {}, 0, {}, "$A eos", "$A eos $B eos"},
    {"UdopTokenizer", Normalization::kPlain, {}, 0, {}, "$A eos", "$A eos $B eos"},
    {"XGLMTokenizer", Normalization::kPlain, kFairseqPrefix, 3,
     "<madeupword0> <madeupword1> <madeupword2> <madeupword3> <madeupword4> <madeupword5> "
     "<madeupword6>",
     "eos $A", "eos $A eos eos $B", 3},
    {"XLMRobertaTokenizer", Normalization::kPlain, kFairseqPrefix, 3, "<mask>", kBertSingle,
     kRobertaPair, 3},
    {"XLNetTokenizer",
     Normalization::kAlbert,
     {},
     0,
     {},
     "$A sep cls:2",
     "$A sep $B:1 sep:1 cls:2"},
});

/// The scores of tokens that are matched before the model, or never.
constexpr double kNeverScore = -100;

class SentencePieceConverter {
 public:
  SentencePieceConverter(const SentencePieceModel& model, const Style& style, const json& config)
      : model_(model), style_(style), config_(config) {}

  json convert() {
    read_pieces();
    const bool has_byte_fallback = style_.normalization == Normalization::kLlama ||
                                   style_.normalization == Normalization::kGemma;
    Assembly assembly;
    if (model_.type == SentencePieceModel::Type::kUnigram) {
      const std::int64_t offset = is("PegasusTokenizer") ? pegasus_offset() : 0;
      assembly.model = {{"type", "Unigram"},
                        {"unk_id", style_.unk_id < 0 ? model_.unk_id + offset : style_.unk_id},
                        {"byte_fallback", has_byte_fallback}};
      json vocabulary = json::array();
      for (const auto& [text, score] : pieces_) vocabulary.push_back(json::array({text, score}));
      assembly.model["vocab"] = std::move(vocabulary);
    } else {
      assembly.model = {{"type", "BPE"},
                        {"unk_token", model_.unk_piece},
                        {"fuse_unk", true},
                        {"byte_fallback", has_byte_fallback},
                        {"merges", read_merges()}};
      json vocabulary = json::object();
      for (std::size_t id = 0; id < pieces_.size(); ++id) vocabulary[pieces_[id].first] = id;
      assembly.model["vocab"] = std::move(vocabulary);
    }
    assembly.normalizer = make_normalization();
    assembly.pre_tokenizer = make_splitting();
    assembly.decoder = make_decoding();
    assembly.post_processor = make_templates();
    for (const std::string& token : class_tokens()) assembly.extra_tokens.push_back({token});
    for (const Piece& piece : model_.pieces) {
      const bool is_turn = piece.text == "<start_of_turn>" || piece.text == "<end_of_turn>";
      if (piece.type == PieceType::kControl || piece.type == PieceType::kUserDefined) {
        assembly.extra_tokens.push_back({piece.text, piece.type == PieceType::kControl || is_turn});
      }
    }
    for (std::size_t i = 0; i < extra_ids(); ++i) {
      assembly.extra_tokens.push_back({concat("<extra_id_", i, ">")});
    }
    return assemble(std::move(assembly), config_, style_.tokenizer_class);
  }

 private:
  bool is(std::string_view tokenizer_class) const {
    return style_.tokenizer_class == tokenizer_class;
  }
  bool flag(const char* name, bool fallback) const { return get_bool(config_, name, fallback); }

  std::size_t extra_ids() const {
    if (!is("T5Tokenizer")) return 0;
    const std::int64_t count = get_integer(config_, "extra_ids", 100);
    if (count < 0 || count > 100000) corrupt("config", concat("its \"extra_ids\" is ", count));
    return static_cast<std::size_t>(count);
  }

  std::int64_t pegasus_offset() const {
    const std::int64_t offset = get_integer(config_, "offset", 103);
    if (offset < 2 || offset > 100000) corrupt("config", concat("its \"offset\" is ", offset));
    return offset;
  }

  /// Tokens that the class lets nobody write by accident.
  std::vector<std::string> class_tokens() const {
    if (is("XLNetTokenizer")) return {"<eop>", "<eod>"};
    if (is("CodeLlamaTokenizer")) return {"▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"};
    std::vector<std::string> tokens;
    for (const auto& [text, score] : pieces_) {
      const bool is_language = text.size() == 5 && text[2] == '_' && score == 0;
      if ((is("MBartTokenizer") && is_language) ||
          (is("CamembertTokenizer") && ends_with(text, "NOTUSED")) ||
          (is("PegasusTokenizer") && tokens.size() < pegasus_prefix_)) {
        tokens.push_back(text);
      }
    }
    return tokens;
  }

  void add_words(std::string_view words) {
    for (const std::string_view word : split_words(words)) {
      const bool never = word == "<unk>NOTUSED";
      pieces_.emplace_back(word, never ? kNeverScore : 0.0);
    }
  }

  /// The vocabulary: the model's pieces, with what the class puts before and behind them.
  void read_pieces() {
    if (model_.pieces.size() < style_.replaced) {
      throw Error(
          ErrorCode::kCorruptFile,
          concat("The sentencepiece model has ", model_.pieces.size(), " pieces, fewer than the ",
                 style_.replaced, " that ", style_.tokenizer_class, " replaces."));
    }
    if (is("GemmaTokenizer")) {
      for (const char* role : {"pad_token", "eos_token", "bos_token"}) {
        pieces_.emplace_back(require_role(config_, role), 0.0);
      }
    } else if (is("PegasusTokenizer")) {
      add_pegasus_prefix();
    } else {
      add_words(style_.prefix);
    }
    for (std::size_t i = style_.replaced; i < model_.pieces.size(); ++i) {
      const Piece& piece = model_.pieces[i];
      double score = double{piece.score};
      if (style_.normalization == Normalization::kAlbert && ends_with_number_comma(piece.text)) {
        score += kNeverScore;
      }
      pieces_.emplace_back(piece.text, score);
    }
    add_words(style_.suffix);
    if (is("MBart50Tokenizer")) add_words(kMBart50Languages);
    if (is("MBartTokenizer") || is("MBart50Tokenizer")) add_words("<mask>");
    for (std::size_t i = extra_ids(); i-- > 0;) {
      pieces_.emplace_back(concat("<extra_id_", i, ">"), 0.0);
    }
    if (is("GemmaTokenizer")) repair_tab();
  }

  void add_pegasus_prefix() {
    const auto mask_sent = config_.contains("mask_token_sent")
                               ? special_token(config_, "mask_token_sent")
                               : std::optional<std::string>("<mask_1>");
    pieces_.emplace_back(require_role(config_, "pad_token"), 0.0);
    pieces_.emplace_back(require_role(config_, "eos_token"), 0.0);
    if (mask_sent) {
      pieces_.emplace_back(*mask_sent, 0.0);
      if (const auto mask = special_token(config_, "mask_token")) pieces_.emplace_back(*mask, 0.0);
    }
    for (std::int64_t i = 2; i < pegasus_offset(); ++i) {
      pieces_.emplace_back(concat("<unk_", i, ">"), kNeverScore);
    }
    pegasus_prefix_ = pieces_.size();
  }

  /// A digit before a final comma: such pieces are split again by ALBERT and XLNet.
  static bool ends_with_number_comma(std::string_view piece) {
    return piece.size() >= 2 && piece.back() == ',' && piece[piece.size() - 2] >= '0' &&
           piece[piece.size() - 2] <= '9';
  }

  /// Older Gemma models have no tab.
  void repair_tab() {
    const auto find = [&](std::string_view text) {
      return std::ranges::find(pieces_, text, [](const auto& piece) { return piece.first; });
    };
    const auto byte = find("<0x09>");
    if (find("\t") == pieces_.end() && byte != pieces_.end()) *byte = {"\t", 0.0};
  }

  /// The merges of a BPE model follow from its pieces: every way to cut one in two, the best first.
  json read_merges() const {
    struct Merge {
      std::string_view left, right;
      double score;
      std::size_t left_length, right_length, piece, left_id, right_id;
    };
    std::unordered_map<std::string_view, std::size_t> ids;
    for (std::size_t id = 0; id < model_.pieces.size(); ++id) {
      ids.emplace(model_.pieces[id].text, id);
    }
    if (is("GemmaTokenizer") && !ids.contains("\t") && ids.contains("<0x09>")) {
      ids.emplace("\t", ids.at("<0x09>"));
    }
    std::vector<Merge> merges;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const std::string_view text = pieces_[i].first;
      const auto length =
          static_cast<std::size_t>(std::ranges::count_if(text, is_code_point_start));
      std::size_t left_length = 0;
      for (std::size_t at = 0; at < text.size();) {
        next_code_point(text, at);
        ++left_length;
        const auto left = ids.find(text.substr(0, at));
        if (left == ids.end()) continue;
        const auto right = ids.find(text.substr(at));
        if (right == ids.end()) continue;
        merges.push_back({text.substr(0, at), text.substr(at), pieces_[i].second, left_length,
                          length - left_length, i, left->second, right->second});
      }
    }
    std::ranges::sort(merges, [](const Merge& a, const Merge& b) {
      return std::tie(b.score, b.left_length, b.right_length, a.piece, a.left_id, a.right_id) <
             std::tie(a.score, a.left_length, a.right_length, b.piece, b.left_id, b.right_id);
    });
    json list = json::array();
    for (const Merge& merge : merges) list.push_back(json::array({merge.left, merge.right}));
    return list;
  }

  json make_normalization() const {
    std::vector<json> steps;
    const auto add_type = [&](const char* type) { steps.push_back({{"type", type}}); };
    const auto add_charsmap = [&] {
      if (model_.precompiled_charsmap.empty()) return;
      const std::string& map = model_.precompiled_charsmap;
      steps.push_back({{"type", "Precompiled"},
                       {"precompiled_charsmap",
                        json::binary(std::vector<std::uint8_t>(map.begin(), map.end()))}});
    };
    const auto add_strip = [&](bool left) {
      steps.push_back({{"type", "Strip"}, {"strip_left", left}, {"strip_right", true}});
    };
    const auto add_quotes = [&] {
      steps.push_back(replace_string("``", "\""));
      steps.push_back(replace_string("''", "\""));
    };
    const auto add_case = [&](bool lower, bool keep_accents) {
      if (!flag("keep_accents", keep_accents)) {
        add_type("NFKD");
        add_type("StripAccents");
      }
      if (flag("do_lower_case", lower)) add_type("Lowercase");
    };
    switch (style_.normalization) {
      case Normalization::kPlain:
        add_charsmap();
        add_strip(false);
        steps.push_back(replace_regex(" {2,}", "▁"));
        break;
      case Normalization::kAlbert:
        add_quotes();
        add_case(is("AlbertTokenizer"), is("FNetTokenizer"));
        add_charsmap();
        steps.push_back(replace_regex(" {2,}", " "));
        break;
      case Normalization::kRemBert:
        add_quotes();
        steps.push_back(replace_regex(" {2,}", " "));
        add_case(false, true);
        add_charsmap();
        break;
      case Normalization::kDeberta:
        if (flag("do_lower_case", false)) add_type("Lowercase");
        add_strip(true);
        add_charsmap();
        steps.push_back(replace_regex(" {2,}", " "));
        break;
      case Normalization::kGemma:
        return replace_string(" ", "▁");
      case Normalization::kLlama:
        if (!flag("legacy", true)) return nullptr;
        if (flag("add_prefix_space", true))
          steps.push_back({{"type", "Prepend"}, {"prepend", "▁"}});
        steps.push_back(replace_string(" ", "▁"));
        break;
    }
    return sequence("normalizers", std::move(steps));
  }

  json metaspace() const {
    const char* scheme = !flag("add_prefix_space", true) ? "never"
                         : flag("legacy", true)          ? "always"
                                                         : "first";
    return {{"type", "Metaspace"},
            {"replacement", "▁"},
            {"prepend_scheme", scheme},
            {"split", style_.normalization != Normalization::kLlama}};
  }

  json make_splitting() const {
    if (style_.normalization == Normalization::kGemma) {
      return {{"type", "Split"},
              {"pattern", {{"String", " "}}},
              {"behavior", "MergedWithPrevious"},
              {"invert", false}};
    }
    if (style_.normalization == Normalization::kLlama) {
      return flag("legacy", true) ? json() : metaspace();
    }
    if (is("PegasusTokenizer")) {
      return sequence("pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace()});
    }
    if (is("DebertaV2Tokenizer") && flag("split_by_punct", false)) {
      return sequence("pretokenizers",
                      {{{"type", "Punctuation"}, {"behavior", "Isolated"}}, metaspace()});
    }
    return metaspace();
  }

  json make_decoding() const {
    if (style_.normalization != Normalization::kLlama &&
        style_.normalization != Normalization::kGemma) {
      return metaspace();
    }
    std::vector<json> steps{
        replace_string("▁", " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
    if (style_.normalization == Normalization::kLlama && flag("add_prefix_space", true)) {
      steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    }
    return sequence("decoders", std::move(steps));
  }

  std::function<json(const TokenIds&)> make_templates() const {
    if (style_.normalization == Normalization::kLlama ||
        style_.normalization == Normalization::kGemma) {
      const bool bos = flag("add_bos_token", true);
      const bool eos = flag("add_eos_token", false);
      if (!bos && !eos) return nullptr;
      const std::string single = concat(bos ? "bos " : "", "$A", eos ? " eos" : "");
      return template_post_processor(
          config_, single, concat(single, bos ? " bos:1" : "", " $B:1", eos ? " eos:1" : ""));
    }
    if (style_.single.empty()) return nullptr;
    return template_post_processor(config_, with_language(style_.single),
                                   with_language(style_.pair));
  }

  /// A template with the config's source language in place of English.
  std::string with_language(std::string_view words) const {
    std::string out(words);
    const auto language = special_token(config_, "src_lang");
    if (!language) return out;
    for (const std::string_view english : {"en_XX", "eng_Latn"}) {
      const std::size_t at = out.find(english);
      if (at != std::string::npos) out.replace(at, english.size(), *language);
    }
    return out;
  }

  const SentencePieceModel& model_;
  const Style& style_;
  const json& config_;
  std::vector<std::pair<std::string, double>> pieces_;
  std::size_t pegasus_prefix_ = 0;  // pieces that Pegasus puts before the model's
};

}  // namespace

bool reads_sentence_piece(std::string_view tokenizer_class) {
  return std::ranges::find(kStyles, tokenizer_class, &Style::tokenizer_class) != kStyles.end();
}

json read_sentence_piece(const FileSet& files, const json& config,
                         std::string_view tokenizer_class) {
  for (const char* name : {"spiece.model", "sentencepiece.bpe.model", "sentencepiece.model",
                           "spm.model", "tokenizer.model"}) {
    const auto file = files.open(name);
    if (!file) continue;
    const SentencePieceModel model = read_sentence_piece_model(read_text(*file), file->name());
    const auto style = std::ranges::find(kStyles, tokenizer_class, &Style::tokenizer_class);
    return SentencePieceConverter(model, *style, config).convert();
  }
  return nullptr;
}

}  // namespace verdict::legacy
