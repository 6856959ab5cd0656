#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/base/file_writer.h"

namespace verdict::convert {

/// A folder that appears whole or not at all: its files are written into a temporary one beside it,
/// which `commit` renames when all is on the disk. Without `commit` nothing is left.
class OutputFolder {
 public:
  /// Throws `kInvalidArgument` when there is something at `path` that is no empty folder.
  static void check(const std::string& path);

  explicit OutputFolder(std::string path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// The temporary one.
  const std::string& path() const { return temporary_; }

  /// A file that is open until `finish`.
  FileWriter& create(const std::string& name);
  void finish(const std::string& name);

  void write_text(const std::string& name, std::string_view text);
  void copy(const ByteSource& source, const std::string& name);

  /// Of the files, sorted.
  std::vector<std::string> names() const;

  void commit();

 private:
  std::string path_;
  std::string temporary_;
  std::string created_;  // the first folder above `path_` that was not there; empty: none
  std::map<std::string, std::unique_ptr<FileWriter>> files_;
  bool committed_ = false;
};

}  // namespace verdict::convert
