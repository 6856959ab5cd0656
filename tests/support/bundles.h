#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/checkpoints.h"
#include "verdict_convert/formats/tensor_bundle.h"

// TensorFlow's checkpoints of checkpoints/tf1 and tf2, and those of the project's tf_names, which
// are indexes (and object graphs) without the tensors' data.
namespace verdict::testing {

/// A file of zeros with `tail` at its end.
class ZeroFile final : public ByteSource {
 public:
  ZeroFile(std::string name, std::uint64_t zeros, std::vector<std::byte> tail)
      : name_(std::move(name)), zeros_(zeros), tail_(std::move(tail)) {}

  std::uint64_t size() const override { return zeros_ + tail_.size(); }
  const std::string& name() const override { return name_; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    for (std::byte& byte : out) {
      byte = offset < zeros_ ? std::byte{0} : tail_.at(static_cast<std::size_t>(offset - zeros_));
      ++offset;
    }
  }

 private:
  std::string name_;
  std::uint64_t zeros_;
  std::vector<std::byte> tail_;
};

inline std::vector<std::byte> bytes_of(const std::string& path) {
  const auto file = open_file(path);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file->size()));
  file->read(0, bytes);
  return bytes;
}

/// `<path>.index`, whose data files are zeros, with `<path>.graph` at the end where there is one.
class IndexWithoutData final : public FileSet {
 public:
  IndexWithoutData(std::string path, std::uint64_t zeros) : path_(std::move(path)), zeros_(zeros) {}

  const std::string& name() const override { return path_; }
  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    if (ends_with(name, ".index")) return open_file(path_ + ".index");
    const bool has_graph = std::filesystem::exists(path_ + ".graph");
    return std::make_unique<ZeroFile>(
        name, zeros_, has_graph ? bytes_of(path_ + ".graph") : std::vector<std::byte>());
  }

 private:
  std::string path_;
  std::uint64_t zeros_;
};

/// A TensorFlow checkpoint with what is known of it.
struct BundleCase {
  /// "checkpoints/tf1/…" or "checkpoints/tf2/…" below `fixtures_path`, or "tf_names/…".
  explicit BundleCase(const std::string& name) : has_data(!starts_with(name, "tf_names/")) {
    if (has_data) {
      path = fixtures_path(name);
      meta = parse_json(read_text(*open_file(path + "/meta.json")), "meta.json");
      config = parse_json(read_text(*open_file(path + "/config.json")), "config.json");
      const std::string prefix = meta.at("checkpoint");
      const auto slash = prefix.rfind('/') + 1;  // npos + 1 is 0
      files = open_folder(concat(path, "/", prefix.substr(0, slash)));
      index_file = prefix.substr(slash) + ".index";
      return;
    }
    path = root_path("tests/fixtures/checkpoints/" + name);
    const auto json = parse_json(read_text(*open_file(path + ".json")), name);
    meta = json.at("meta");
    config = json.at("config");
    original = json.value("original", nlohmann::json());
    files = std::make_unique<IndexWithoutData>(path,
                                               json.value("graph_offset", std::uint64_t{1} << 40));
    index_file = "model.index";
  }

  convert::TensorBundle open() const { return convert::open_tensor_bundle(*files, index_file); }

  bool has_data;
  std::string path;
  nlohmann::json meta;
  nlohmann::json config;
  nlohmann::json original;  ///< of tf_names: name and text of the code base's config file
  std::unique_ptr<FileSet> files;
  std::string index_file;
};

/// The names of all cases with a bundle.
inline std::vector<std::string> bundle_cases() {
  std::vector<std::string> names;
  for (const std::string kind : {"tf1", "tf2"}) {
    for (const std::string& folder : checkpoint_folders(kind)) {
      if (!ends_with(folder, "__numpy")) names.push_back(folder);
    }
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(root_path("tests/fixtures/checkpoints/tf_names"))) {
    if (entry.path().extension() == ".index")
      names.push_back("tf_names/" + entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

/// The name of a case's test.
inline std::string bundle_test_name(const ::testing::TestParamInfo<std::string>& name) {
  return starts_with(name.param, "tf_names/")
             ? concat("names_", name.param.substr(name.param.find('/') + 1))
             : checkpoint_test_name(name);
}

}  // namespace verdict::testing
