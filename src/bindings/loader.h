#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "verdict/auto/model_loader.h"
#include "verdict/base/unwritten_vector.h"
#include "verdict/bindings/guarded.h"
#include "verdict/bindings/host_file.h"
#include "verdict/bindings/model.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::bindings {

/// Fills a model from files that are read elsewhere.
class Loader {
 public:
  std::string open(const Runtime& runtime, const std::string& config, const std::string& kwargs,
                   const std::string& options);

  /// Opens the next weights file by the parts that `add_part` brought. Gives the part [begin, end]
  /// that it needs besides: then the call is to be made again.
  std::string open_file(double size, const std::string& name, bool is_pytorch);
  void add_part(double begin, const std::string& bytes);

  /// A tensor that lies in memory (`state_dict`).
  std::string add_tensor(const std::string& name, const std::string& dtype,
                         const std::string& shape);

  /// What has to be read, in the order of the files: four numbers a read, the first of its tensors,
  /// the file, and where in it the read begins and ends.
  std::string plan();

  /// Room for the bytes of one read; they are written through `buffer`.
  std::string reserve(std::size_t read);
  val buffer() const { return view(buffer_); }

  std::string commit(std::size_t index);
  std::string finish(Model& model);

 private:
  struct File {
    std::shared_ptr<HostFile::Parts> parts = std::make_shared<HostFile::Parts>();
    std::unique_ptr<CheckpointReader> reader;
  };
  /// Where a tensor is found: a file, and its place in the file.
  struct Place {
    std::size_t file;
    std::size_t tensor;
  };
  /// A part of a file and the tensors that are read from it.
  struct Read {
    std::size_t file;
    ByteRange range;
    std::vector<std::size_t> tensors;
  };

  std::unique_ptr<ModelLoader> loader_;
  std::vector<File> files_;
  File opening_;
  std::vector<TensorInfo> tensors_;
  std::vector<Place> places_;  // by tensor
  std::vector<Read> reads_;
  UnwrittenVector<std::byte> buffer_;
};

}  // namespace verdict::bindings
