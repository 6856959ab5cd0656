// The reference's answers of every tokenizer folder whose components this version has. The files
// are those of the reference set, unpacked: ids.jsonl, full.jsonl, pairs.jsonl, truncpad.jsonl and
// decode.jsonl beside each tokenizer.json, texts.json and extra.jsonl above them.
#include "support/fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "support/tokenizers.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/tokenizers/auto_tokenizer.h"
#include "verdict/tokenizers/decoders/decoder.h"
#include "verdict/tokenizers/tokenizer.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

/// The folder's tokenizer; where a folder of the project has no files of its own, the vocabulary is
/// that of the bundled model.
std::string tokenizer_path(const std::string& folder) {
  const std::string path = concat(tokenizers_path(), "/", folder);
  return folder != "bert-base-uncased" || std::filesystem::exists(path + "/tokenizer.json")
             ? path
             : root_path("models/verdict-sentiment-en");
}

/// Whether the folder has answers and a tokenizer; some of the set share another's.
bool is_supported(const std::string& folder) {
  return std::filesystem::exists(tokenizer_path(folder) + "/tokenizer_config.json") &&
         std::filesystem::exists(concat(tokenizers_path(), "/", folder, "/ids.jsonl"));
}

std::vector<std::string> folders() {
  std::vector<std::string> names;
  for (const std::string& folder : subfolders(tokenizers_path())) {
    if (is_supported(folder)) names.push_back(folder);
  }
  return names;
}

std::vector<std::int32_t> flat(const std::vector<TextRange>& offsets) {
  std::vector<std::int32_t> out;
  for (const TextRange& range : offsets) {
    out.push_back(static_cast<std::int32_t>(range.first));
    out.push_back(static_cast<std::int32_t>(range.last));
  }
  return out;
}

/// The reference writes null where a token belongs to nothing.
json nullable(const std::vector<std::int32_t>& values) {
  json out = json::array();
  for (const std::int32_t value : values) {
    out.push_back(value == Encoding::kNone ? json() : json(value));
  }
  return out;
}

class Tokenizers : public ::testing::TestWithParam<std::string> {
 protected:
  Tokenizers()
      : folder_(concat(tokenizers_path(), "/", GetParam())),
        tokenizer_(AutoTokenizer::from_pretrained(tokenizer_path(GetParam()))) {
    const std::string path = tokenizer_path(GetParam()) + "/tokenizer.json";
    if (!std::filesystem::exists(path)) return;
    const json unk_id = parse_json(text_of(path), path)["model"].value("unk_id", json());
    if (unk_id.is_number()) unigram_unk_id_ = unk_id;
  }

  /// With the file's own truncation and padding, as the reference's records have them.
  Encoding encode(const TextInput& input, bool add_special_tokens) const {
    EncodeOptions options;
    options.add_special_tokens = add_special_tokens;
    options.return_offsets = true;
    // Its answers are of the byte pairs alone.
    options.split_special_tokens = GetParam() == "xlm-bpe-bypass";
    return tokenizer_.encode(input, options);
  }

  /// Every field that a record has; an empty list says nothing.
  void expect_encoding(const Encoding& actual, const json& row) const {
    EXPECT_EQ(json(actual.ids), row.at("ids")) << to_text(row).substr(0, 200);
    // Of an added token and of what Unigram does not know, the reference gives the text itself.
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < actual.ids.size(); ++i) {
      const std::int32_t id = actual.ids[i];
      const bool is_text = id == unigram_unk_id_ ||
                           std::ranges::find(tokenizer_->added_tokens(), id, &AddedToken::id) !=
                               tokenizer_->added_tokens().end();
      const bool stands_there = is_text && row.contains("tokens") && row["tokens"].size() > i;
      tokens.push_back(stands_there ? row["tokens"][i].get<std::string>()
                                    : tokenizer_->id_to_token(id));
    }
    const std::pair<const char*, json> fields[] = {
        {"type_ids", actual.type_ids},
        {"attention_mask", actual.attention_mask},
        {"special_tokens_mask", actual.special_tokens_mask},
        {"offsets", flat(actual.offsets)},
        {"word_ids", nullable(actual.word_ids)},
        {"sequence_ids", nullable(actual.sequence_ids)},
        {"tokens", tokens}};
    for (const auto& [name, value] : fields) {
      if (!row.contains(name) || row[name].empty()) continue;
      // The reference counts an end token of ByT5 twice that the text has already.
      if (name == std::string_view("type_ids") && row[name].size() > row["ids"].size()) continue;
      EXPECT_EQ(value, row[name]) << name << " of " << to_text(row).substr(0, 200);
    }
  }

  TextInput input_of(const json& row) const {
    if (row.contains("i")) return {texts().at(row["i"]), std::nullopt};
    return {texts().at(row.at("a")), texts().at(row.at("b"))};
  }

  std::string folder_;
  Tokenizer tokenizer_;
  std::int32_t unigram_unk_id_ = -1;
};

/// The ids that a row of ids.jsonl expects with special tokens; null where it has only a summary.
json ids_with_special(const json& row) {
  if (row[1].is_object()) return nullptr;
  if (row.size() < 4) return row.back();
  json ids = row[2];
  for (const json& id : row[1]) ids.push_back(id);
  for (const json& id : row[3]) ids.push_back(id);
  return ids;
}

TEST_P(Tokenizers, Ids) {
  const auto rows = read_lines(folder_ + "/ids.jsonl");
  for (const json& row : rows) {
    const std::string& text = texts().at(row[0]);
    if (row[1].contains("err")) {
      EXPECT_THROW(encode({text, std::nullopt}, true), Error) << "text " << row[0];
      continue;
    }
    const json with = encode({text, std::nullopt}, true).ids;
    const json without = encode({text, std::nullopt}, false).ids;
    if (row[1].is_object()) {
      const json& summary = row[1]["with_special"];
      EXPECT_EQ(with.size(), summary["n"].get<std::size_t>());
      EXPECT_TRUE(std::equal(summary["head"].begin(), summary["head"].end(), with.begin()));
      EXPECT_TRUE(std::equal(summary["tail"].rbegin(), summary["tail"].rend(), with.rbegin()));
      continue;
    }
    EXPECT_EQ(without, row[1]) << "text " << row[0];
    EXPECT_EQ(with, ids_with_special(row)) << "text " << row[0];
  }
}

TEST_P(Tokenizers, Records) {
  for (const char* file : {"/full.jsonl", "/pairs.jsonl"}) {
    for (const json& row : read_lines(folder_ + file)) {
      const bool add_special_tokens = row.value("sp", 1) == 1 && row.value("nosp", 0) == 0;
      if (row.contains("err")) {
        EXPECT_THROW(encode(input_of(row), add_special_tokens), Error) << to_text(row);
        continue;
      }
      expect_encoding(encode(input_of(row), add_special_tokens), row);
    }
  }
}

TEST_P(Tokenizers, TruncationAndPadding) {
  for (const json& row : read_lines(folder_ + "/truncpad.jsonl")) {
    EncodeOptions options;
    options.add_special_tokens = row.value("nosp", 0) == 0;
    options.return_offsets = true;
    json truncation = row.contains("max_length") ? row : row.value("trunc", json());
    if (truncation.is_number()) truncation = {{"max_length", truncation}};
    if (truncation.is_object()) {
      options.truncation = {
          truncation_strategy_from_name(truncation.value("strategy", "longest_first")),
          truncation.at("max_length"), truncation.value("stride", 0),
          side_from_name(truncation.value("direction", "right"))};
    }
    if (row.contains("err")) {
      EXPECT_THROW(tokenizer_->encode(input_of(row), options), Error)
          << to_text(row).substr(0, 200);
      continue;
    }
    if (row.contains("max_length")) {
      const Encoding encoding = tokenizer_->encode(input_of(row), options);
      expect_encoding(encoding, row);
      json windows = json::array();
      for (const Encoding& window : encoding.overflowing) windows.push_back(window.ids);
      EXPECT_EQ(windows, row.at("overflow")) << to_text(row).substr(0, 200);
      continue;
    }
    std::vector<Encoding> batch;
    for (const json& index : row.value("batch", json::array())) {
      batch.push_back(tokenizer_->encode({texts().at(index), std::nullopt}, options));
    }
    for (const json& pair : row.value("batch_pairs", json::array())) {
      batch.push_back(tokenizer_->encode({texts().at(pair[0]), texts().at(pair[1])}, options));
    }
    const json& pad = row.at("pad");
    Padding padding;
    padding.side = side_from_name(pad.at("direction").get<std::string>());
    padding.pad_to_multiple_of = pad.value("pad_to_multiple_of", 0);
    padding.pad_token_id = pad.at("pad_id");
    padding.pad_token_type_id = pad.value("pad_type_id", 0);
    if (pad.contains("length")) {
      padding.strategy = PaddingStrategy::kMaxLength;
      padding.max_length = pad["length"];
    }
    tokenizer_->pad(batch, padding);
    ASSERT_EQ(batch.size(), row.at("out").size());
    for (std::size_t i = 0; i < batch.size(); ++i) expect_encoding(batch[i], row["out"][i]);
  }
}

TEST_P(Tokenizers, Decode) {
  for (const json& row : read_lines(folder_ + "/decode.jsonl")) {
    if (row.contains("err")) continue;
    const std::vector<std::int32_t> ids = row.at("ids");
    const std::string text = tokenizer_->decode(ids, true);
    const std::pair<const char*, std::string> fields[] = {
        {"noskip", tokenizer_->decode(ids)},
        {"skip", text},
        {"skip_clean", clean_up_tokenization(text)}};
    for (const auto& [name, value] : fields) {
      // Where the library panics, there is no text, and Python's tokenizers have no clean-up.
      if (row.contains(name) && row[name].is_string()) {
        EXPECT_EQ(json(value), row[name]) << name;
      }
    }
  }
}

TEST_P(Tokenizers, Extra) {
  for (const json& row : read_lines(tokenizers_path() + "/extra.jsonl")) {
    if (row.at("name") != GetParam()) continue;
    const std::string op = row.at("op");
    EncodeOptions options;
    options.return_offsets = true;
    if (op == "encode_special_tokens") {
      options.split_special_tokens = true;
      expect_encoding(tokenizer_.encode(input_of(row), options), row);
    } else if (op == "vocab_size") {
      EXPECT_EQ(tokenizer_->get_vocab_size(true), row.at("with_added").get<std::size_t>());
      EXPECT_EQ(tokenizer_->get_vocab_size(false), row.at("without_added").get<std::size_t>());
    } else {
      WordsInput input;
      input.words = row.at("words").get<std::vector<std::string>>();
      if (row.contains("words2")) input.words_pair = row["words2"].get<std::vector<std::string>>();
      expect_encoding(tokenizer_.encode(input, options), row);
    }
  }
}

std::string test_name(const ::testing::TestParamInfo<std::string>& folder) {
  std::string name = folder.param;
  for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Folders, Tokenizers, ::testing::ValuesIn(folders()), test_name);

/// A folder of the set that has legacy files beside its tokenizer.json.
class LegacyTokenizers : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> legacy_folders() {
  // Whose tokenizer.json has what no legacy file can say: a normalizer without clean_text, words of
  // other lengths, digits split, tokens of a language and a task.
  const std::vector<std::string> others{"bert-real-noclean", "bert-max-chars-12", "starcoder2",
                                        "whisper"};
  std::vector<std::string> names;
  for (const std::string& folder : folders()) {
    const std::string path = tokenizer_path(folder);
    bool has_legacy = false;
    for (const char* file : {"vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model",
                             "sentencepiece.model", "spm.model", "tokenizer.model"}) {
      has_legacy = has_legacy || std::filesystem::exists(concat(path, "/", file));
    }
    if (has_legacy && std::filesystem::exists(path + "/tokenizer.json") &&
        std::ranges::find(others, folder) == others.end()) {
      names.push_back(folder);
    }
  }
  return names;
}

TEST_P(LegacyTokenizers, IdsOfTheLegacyFilesAlone) {
  const std::string path = tokenizer_path(GetParam());
  std::vector<std::pair<std::string, std::vector<std::byte>>> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    if (name == "tokenizer.json" || ends_with(name, ".jsonl")) continue;
    const std::string text = text_of(entry.path().string());
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    files.emplace_back(name, std::vector<std::byte>(first, first + text.size()));
  }
  const auto tokenizer = AutoTokenizer::from_pretrained(*memory_files(std::move(files), path));
  for (const json& row : read_lines(concat(tokenizers_path(), "/", GetParam(), "/ids.jsonl"))) {
    const json expected = ids_with_special(row);
    if (expected.is_null()) continue;
    const std::string& text = texts().at(row[0]);
    EXPECT_EQ(json(tokenizer->encode({text, std::nullopt}).ids), expected) << "text " << row[0];
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, LegacyTokenizers, ::testing::ValuesIn(legacy_folders()),
                         test_name);

}  // namespace
}  // namespace verdict::testing
