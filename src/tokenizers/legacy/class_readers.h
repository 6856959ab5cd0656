#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"

// The readers of legacy vocabularies by kind of file. `reads_…` says whether a class has such
// files; `read_…` gives its tokenizer.json, or null when the folder lacks them.
namespace verdict::legacy {

/// `vocab.txt`, one token a line, with WordPiece: BERT and its relatives.
bool reads_word_piece(std::string_view tokenizer_class);
nlohmann::json read_word_piece(const FileSet& files, const nlohmann::json& config,
                               std::string_view tokenizer_class);

/// `vocab.json` and `merges.txt`: GPT-2, RoBERTa and their relatives.
bool reads_byte_pairs(std::string_view tokenizer_class);
nlohmann::json read_byte_pairs(const FileSet& files, const nlohmann::json& config,
                               std::string_view tokenizer_class);

/// A model of sentencepiece: T5, XLM-RoBERTa, LLaMA and their relatives.
bool reads_sentence_piece(std::string_view tokenizer_class);
nlohmann::json read_sentence_piece(const FileSet& files, const nlohmann::json& config,
                                   std::string_view tokenizer_class);

/// The classes that exist only in Python in the reference, with or without files.
bool reads_python_only(std::string_view tokenizer_class);
nlohmann::json read_python_only(const FileSet& files, const nlohmann::json& config,
                                std::string_view tokenizer_class);

/// Tokens by line, from 0 on.
nlohmann::json vocabulary_of_lines(std::string_view text);

/// A text file's lines without their ends; a last line without an end counts.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace verdict::legacy
