#include "verdict_convert/output_folder.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& path, const char* action, const std::error_code& error) {
  throw Error(ErrorCode::kIo,
              concat("The folder \"", path, "\" cannot ", action, ": ", error.message(), "."));
}

std::string parent_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

void OutputFolder::check(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (!fs::exists(status)) return;
  if (fs::is_directory(status) && fs::is_empty(path, error) && !error) return;
  throw Error(ErrorCode::kInvalidArgument,
              concat("\"", path,
                     "\" exists already. Name a folder that does not exist or is empty; nothing is "
                     "overwritten."));
}

OutputFolder::OutputFolder(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  if (path_.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "The name of the output folder is empty.");
  }
  check(path_);
  std::error_code error;
  std::string above = parent_of(path_);
  for (std::string at = above; !fs::exists(at, error); at = parent_of(at)) created_ = at;
  fs::create_directories(above, error);
  if (error) fail(above, "be created", error);
  for (int attempt = 0; temporary_.empty(); ++attempt) {
    const std::string name = concat(path_, ".", getpid(), ".", attempt, ".tmp");
    if (fs::create_directory(name, error)) temporary_ = name;
    if (error) fail(name, "be created", error);
  }
}

OutputFolder::~OutputFolder() {
  if (committed_) return;
  files_.clear();
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  if (created_.empty()) return;
  // Folders that others filled meanwhile stay.
  for (std::string at = parent_of(path_); fs::remove(at, ignored) && at != created_;)
    at = parent_of(at);
}

FileWriter& OutputFolder::create(const std::string& name) {
  auto& file = files_[name];
  file = std::make_unique<FileWriter>(concat(temporary_, "/", name));
  return *file;
}

void OutputFolder::finish(const std::string& name) {
  auto& file = files_.at(name);
  file->sync();
  file->commit();
  file.reset();
}

void OutputFolder::write_text(const std::string& name, std::string_view text) {
  create(name).write(std::as_bytes(std::span(text)));
  finish(name);
}

void OutputFolder::copy(const ByteSource& source, const std::string& name) {
  FileWriter& file = create(name);
  std::vector<std::byte> block;
  for (std::uint64_t at = 0; at < source.size(); at += block.size()) {
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, source.size() - at)));
    source.read(at, block);
    file.write(block);
  }
  finish(name);
}

std::vector<std::string> OutputFolder::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

void OutputFolder::commit() {
  sync_folder(temporary_);
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) fail(path_, "be written", error);
  committed_ = true;
  sync_folder(parent_of(path_));
}

}  // namespace verdict::convert
